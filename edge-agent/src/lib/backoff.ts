/** Waits between attempts: exponential from `firstMs` to `mostMs`, with full jitter, so that a hundred agents that
 *  lost the same PLC do not come back in step (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015). */
export interface Backoff {
  /** The next wait, in milliseconds; never less than half the step, so that a device is not hammered. */
  next(): number;
  reset(): void;
}

export function createBackoff(firstMs: number, mostMs: number, random: () => number): Backoff {
  let attempt = 0;
  return {
    next() {
      const wait = backoffMs(attempt, firstMs, mostMs, random);
      attempt += 1;
      return wait;
    },
    reset() {
      attempt = 0;
    },
  };
}

// 2^30 of anything is longer than any longest wait.
const MOST_DOUBLINGS = 30;

/** The wait after attempt number `attempt`, the first being 0. */
export function backoffMs(attempt: number, firstMs: number, mostMs: number, random: () => number): number {
  const step = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, MOST_DOUBLINGS));
  return step / 2 + (step / 2) * random();
}
