import type { TimeUs } from "../../core/time.ts";
import type { Trend, TrendQuery } from "../../ports/history.ts";

/** Gathers values into equal spans of time, each half open: [from, to). */
export interface Buckets {
  add(timeUs: TimeUs, value: number): void;
  /** Adds `count` values of t0..t1 at once. False where they do not all belong to one bucket, or to none: then
   *  nothing is added and they must come one by one. */
  addAll(span: ValueSpan): boolean;
  trend(): Trend;
}

export interface ValueSpan {
  readonly t0: TimeUs;
  readonly t1: TimeUs;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** NaN where it is not known. */
  readonly sum: number;
}

export function createBuckets({ fromUs, toUs, buckets }: TrendQuery): Buckets {
  const widthUs = (toUs - fromUs) / buckets;
  const min = new Float64Array(buckets).fill(Number.NaN);
  const max = new Float64Array(buckets).fill(Number.NaN);
  const sum = new Float64Array(buckets);
  const count = new Float64Array(buckets);

  // Division may round up to the bucket after the last.
  const bucketOf = (timeUs: TimeUs) => Math.min(buckets - 1, Math.floor((timeUs - fromUs) / widthUs));
  const isWithin = (timeUs: TimeUs) => timeUs >= fromUs && timeUs < toUs;

  function put(bucket: number, low: number, high: number, total: number, values: number): void {
    // Written so that the NaN of an empty bucket gives way.
    if (!((min[bucket] as number) <= low)) min[bucket] = low;
    if (!((max[bucket] as number) >= high)) max[bucket] = high;
    sum[bucket] = (sum[bucket] as number) + total;
    count[bucket] = (count[bucket] as number) + values;
  }

  return {
    add(timeUs, value) {
      if (isWithin(timeUs)) put(bucketOf(timeUs), value, value, value, 1);
    },
    addAll(span) {
      if (span.t1 < fromUs || span.t0 >= toUs || span.count === 0) return true;
      if (!isWithin(span.t0) || !isWithin(span.t1) || Number.isNaN(span.sum)) return false;
      const bucket = bucketOf(span.t0);
      if (bucketOf(span.t1) !== bucket) return false;
      put(bucket, span.min, span.max, span.sum, span.count);
      return true;
    },
    trend() {
      const timeUs = Float64Array.from(min, (_, i) => fromUs + (i + 0.5) * widthUs);
      const mean = Float64Array.from(sum, (total, i) => meanOf(total, count[i] as number));
      return { timeUs, min, max, mean };
    },
  };
}

/** NaN for none, and where the sum is beyond the largest double: better no mean than a wrong one. */
function meanOf(sum: number, count: number): number {
  return count > 0 && Number.isFinite(sum) ? sum / count : Number.NaN;
}
