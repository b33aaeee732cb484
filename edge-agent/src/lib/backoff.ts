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
      const step = Math.min(mostMs, firstMs * 2 ** attempt);
      attempt = Math.min(attempt + 1, 30);
      return step / 2 + (step / 2) * random();
    },
    reset() {
      attempt = 0;
    },
  };
}
