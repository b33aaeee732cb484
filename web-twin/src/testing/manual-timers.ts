import type { Timers } from "../stream/timers.ts";

/** Time that stands still until a test moves it. */
export interface ManualTimers extends Timers {
  advance(ms: number): void;
  /** Timers that have not fired yet. */
  readonly waiting: number;
}

export function createManualTimers(): ManualTimers {
  let now = 0;
  let due: { readonly at: number; readonly callback: () => void }[] = [];
  return {
    now: () => now,
    after(ms, callback) {
      const entry = { at: now + ms, callback };
      due.push(entry);
      return () => {
        due = due.filter((other) => other !== entry);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due = due.filter((other) => other !== next);
        now = next.at;
        next.callback();
      }
      now = end;
    },
    get waiting() {
      return due.length;
    },
  };
}
