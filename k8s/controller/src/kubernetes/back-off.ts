/** The wait after attempt number `attempt`, the first being 0: doubles from `firstMs` to `mostMs`, never less than half the
 *  step, so that controllers and watches that lost the same server do not come back in step. */
export function backOffMs(attempt: number, { firstMs, mostMs }: BackOff, random: () => number): number {
  const step = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, MOST_DOUBLINGS));
  return step / 2 + (step / 2) * random();
}

export interface BackOff {
  readonly firstMs: number;
  readonly mostMs: number;
}

// 2^30 of anything is longer than any longest wait.
const MOST_DOUBLINGS = 30;
