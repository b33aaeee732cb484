import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBuckets } from "./buckets.ts";

const query = { fromUs: 1000, toUs: 2000, buckets: 4 };

describe("buckets", () => {
  it("give the extremes and the mean of equal spans, with the middle of each as its time", () => {
    const buckets = createBuckets(query);
    for (const [timeUs, value] of [
      [1000, 5],
      [1249, -5],
      [1250, 7],
      [1999, 1],
      [1999.5, 2],
    ] as const) {
      buckets.add(timeUs, value);
    }
    expect(buckets.trend()).toEqual({
      timeUs: Float64Array.of(1125, 1375, 1625, 1875),
      min: Float64Array.of(-5, 7, Number.NaN, 1),
      max: Float64Array.of(5, 7, Number.NaN, 2),
      mean: Float64Array.of(0, 7, Number.NaN, 1.5),
    });
  });

  it("leave out what is before the begin or at the end", () => {
    const buckets = createBuckets(query);
    buckets.add(999, 1);
    buckets.add(2000, 1);
    expect(buckets.trend().max.every(Number.isNaN)).toBe(true);
  });

  it("take many values at once where they share a bucket, and refuse them otherwise", () => {
    const buckets = createBuckets(query);
    const span = { t0: 1300, t1: 1400, count: 3, min: 1, max: 5, sum: 9 };
    expect(buckets.addAll(span)).toBe(true);
    expect(buckets.addAll({ ...span, t1: 1500 })).toBe(false);
    expect(buckets.addAll({ ...span, t0: 900 })).toBe(false);
    expect(buckets.addAll({ ...span, sum: Number.NaN })).toBe(false);
    const { min, max, mean } = buckets.trend();
    expect([min[1], max[1], mean[1]]).toEqual([1, 5, 3]);
  });

  it("take a span for done that lies elsewhere or has no usable value", () => {
    const buckets = createBuckets(query);
    const span = { t0: 10, t1: 999, count: 3, min: 1, max: 5, sum: 9 };
    expect(buckets.addAll(span)).toBe(true);
    expect(buckets.addAll({ ...span, t0: 2000, t1: 2001 })).toBe(true);
    expect(buckets.addAll({ ...span, t0: 0, t1: 3000, count: 0, sum: Number.NaN })).toBe(true);
    expect(buckets.trend().mean.every(Number.isNaN)).toBe(true);
  });

  it("give no mean rather than a wrong one when the sum overflows", () => {
    const buckets = createBuckets(query);
    buckets.add(1000, 1.7e308);
    buckets.add(1001, 1.7e308);
    const { max, mean } = buckets.trend();
    expect([max[0], mean[0]]).toEqual([1.7e308, Number.NaN]);
  });

  it("put any time of the range into a bucket, however the widths round", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 1, max: 1e13, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (count, spanUs, at) => {
          const range = { fromUs: 1.7e15, toUs: 1.7e15 + spanUs, buckets: count };
          const timeUs = Math.floor(range.fromUs + at * spanUs);
          const buckets = createBuckets(range);
          buckets.add(timeUs, 1);
          const inside = timeUs < range.toUs ? 1 : 0;
          expect(buckets.trend().max.filter((value) => value === 1)).toHaveLength(inside);
        },
      ),
    );
  });
});
