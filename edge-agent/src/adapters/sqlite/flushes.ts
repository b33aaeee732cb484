import type { EdgeError } from "../../core/errors.ts";
import type { Pending } from "./pending.ts";

/** Callers who wait until what they handed over is on the disk. */
export interface Flushes {
  /** Waits for the items up to number `upTo`. */
  add(upTo: number, done: Pending<void>): void;
  /** All items before number `oldest` are through. */
  throughTo(oldest: number): void;
  /** Item `number` will never be written. */
  gone(number: number, error: EdgeError): void;
  rejectAll(error: EdgeError): void;
}

export function createFlushes(): Flushes {
  let waiting: { readonly upTo: number; readonly done: Pending<void> }[] = [];

  function settle(isConcerned: (upTo: number) => boolean, how: (done: Pending<void>) => void): void {
    for (const { upTo, done } of waiting) if (isConcerned(upTo)) how(done);
    waiting = waiting.filter(({ done }) => !done.isSettled);
  }

  return {
    add(upTo, done) {
      waiting.push({ upTo, done });
    },
    throughTo(oldest) {
      settle(
        (upTo) => upTo < oldest,
        (done) => done.resolve(),
      );
    },
    gone(number, error) {
      settle(
        (upTo) => upTo >= number,
        (done) => done.reject(error),
      );
    },
    rejectAll(error) {
      settle(
        () => true,
        (done) => done.reject(error),
      );
    },
  };
}
