import type { Clock } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../../core/errors.ts";
import type { StoreWords } from "./wire.ts";

/** A promise that certainly ends: with an answer, with the caller's signal, or when its time is over. */
export interface Pending<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
  readonly isSettled: boolean;
}

export interface PendingOptions {
  readonly timeoutMs: number;
  readonly what: string;
  readonly words: StoreWords;
}

export function createPending<T>(
  clock: Clock,
  { timeoutMs, what, words }: PendingOptions,
  signal: AbortSignal,
): Pending<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const deadline = clock.deadline(timeoutMs, signal);
  let isSettled = false;

  function settle(): void {
    isSettled = true;
    deadline.dispose();
    deadline.signal.removeEventListener("abort", onAbort);
  }

  function onAbort(): void {
    settle();
    reject(
      deadline.expired
        ? new EdgeError(
            words.failed,
            `the ${words.name} did not answer within ${timeoutMs} ms (${what}): the disk is slow or the file is being checked; ask again`,
          )
        : deadline.signal.reason,
    );
  }

  if (deadline.signal.aborted) onAbort();
  else deadline.signal.addEventListener("abort", onAbort, { once: true });
  return {
    promise,
    resolve(value) {
      if (isSettled) return;
      settle();
      resolve(value);
    },
    reject(error) {
      if (isSettled) return;
      settle();
      reject(error);
    },
    get isSettled() {
      return isSettled;
    },
  };
}
