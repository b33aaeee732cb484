import type { Ring } from "./ring.ts";

/** Mean, spread and extremes of the samples between an index that moves up and the newest. Two stacks: sums over all ends
 *  of the older part, which are made once in a while, and one over the newer part, which grows. Nothing is ever
 *  subtracted, so nothing drifts, and a sample costs a constant time, taken over all. */
export interface Moving {
  /** Index of its oldest sample. */
  readonly start: number;
  readonly count: number;
  readonly mean: number;
  /** Sum of squared distances from the mean. */
  readonly squares: number;
  readonly min: number;
  readonly max: number;
  /** The ring has one more. */
  grow(value: number): void;
  /** Its oldest sample left. */
  shrink(): void;
  /** Samples moved in the ring. @param start its oldest sample now */
  renew(start: number): void;
}

export function createMoving(ring: Ring, from: number): Moving {
  let start = from;
  /** The newer part begins here. */
  let flip = from;
  /** Sums are made as soon as somebody asks for one: a window that only "rate" looks at has none. */
  let isAsked = false;
  let places = 0;
  let [means, spreads, lows, highs] = columns(0);
  let mean = 0;
  let squares = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;

  /** All of it becomes the older part. */
  function turn(): void {
    const count = ring.next - start;
    if (count > places) {
      places = 2 ** Math.ceil(Math.log2(Math.max(16, count)));
      [means, spreads, lows, highs] = columns(places);
    }
    flip = ring.next;
    clearNewer();
    for (let i = flip - 1; i >= start; i -= 1) {
      take(ring.value(i), flip - i);
      const at = i % places;
      means[at] = mean;
      spreads[at] = squares;
      lows[at] = low;
      highs[at] = high;
    }
    clearNewer();
  }

  function clearNewer(): void {
    mean = 0;
    squares = 0;
    low = Number.POSITIVE_INFINITY;
    high = Number.NEGATIVE_INFINITY;
  }

  /** Welford's step. @param count with this one */
  function take(value: number, count: number): void {
    const away = value - mean;
    mean += away / count;
    squares += away * (value - mean);
    if (value < low) low = value;
    if (value > high) high = value;
  }

  const older = (column: Float64Array, none: number): number =>
    start < flip ? (column[start % places] as number) : none;

  function ask(): void {
    if (isAsked) return;
    isAsked = true;
    turn();
  }

  return {
    get start() {
      return start;
    },
    get count() {
      return ring.next - start;
    },
    get mean() {
      ask();
      const old = flip - start;
      const newer = ring.next - flip;
      if (old <= 0) return mean;
      const first = older(means, 0);
      return newer === 0 ? first : first + ((mean - first) * newer) / (old + newer);
    },
    get squares() {
      ask();
      const newer = ring.next - flip;
      const old = flip - start;
      if (old <= 0) return squares;
      const away = newer === 0 ? 0 : mean - older(means, 0);
      // Chan, Golub and LeVeque: the squares of two parts together.
      return older(spreads, 0) + squares + (away * away * old * newer) / (old + newer);
    },
    get min() {
      ask();
      return Math.min(low, older(lows, Number.POSITIVE_INFINITY));
    },
    get max() {
      ask();
      return Math.max(high, older(highs, Number.NEGATIVE_INFINITY));
    },
    grow(value) {
      if (isAsked) take(value, ring.next - flip);
    },
    shrink() {
      if (isAsked && start === flip) turn();
      start += 1;
    },
    renew(next) {
      start = next;
      if (isAsked) turn();
    },
  };
}

const columns = (places: number) =>
  [
    new Float64Array(places),
    new Float64Array(places),
    new Float64Array(places),
    new Float64Array(places),
  ] as const;
