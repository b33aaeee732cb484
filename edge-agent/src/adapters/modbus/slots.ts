import type { Clock } from "@stethos/protocol-finger/clock";

/** Lets at most so many jobs run at a time, first come first served, with a pause between them. */
export interface Slots {
  run<T>(job: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** @param pauseMs least time from the end of one job to the start of the next */
export function createSlots(slots: number, pauseMs: number, clock: Clock): Slots {
  // Callers wait here; each brings at most as many jobs as there are slots, so the queue stays short.
  const waiting = new Set<() => void>();
  let free = slots;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  async function acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        waiting.delete(wake);
        reject(signal.reason);
      };
      // The slot goes from hand to hand: `free` stays as it is.
      const wake = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      waiting.add(wake);
    });
  }

  function release(): void {
    notBeforeMs = clock.monotonicMs() + pauseMs;
    for (const wake of waiting) {
      waiting.delete(wake);
      wake();
      return;
    }
    free += 1;
  }

  return {
    async run(job, signal) {
      await acquire(signal);
      try {
        if (pauseMs > 0) {
          const restMs = notBeforeMs - clock.monotonicMs();
          if (restMs > 0) await clock.sleep(restMs, signal);
        }
        return await job();
      } finally {
        release();
      }
    },
  };
}
