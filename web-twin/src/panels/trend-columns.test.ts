import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { align, bridge, valueAt } from "./trend-columns.ts";

const columns = (mean: readonly (number | null)[]) => ({
  time: mean.map((_, i) => i),
  mean,
  min: mean,
  max: mean,
});

describe("gaps", () => {
  it("break the line where every bucket normally has a value", () => {
    expect(bridge(columns([1, 2, null, 4, 5])).mean).toEqual([1, 2, null, 4, 5]);
  });

  it("do not break it where the series is slow, but where it is late", () => {
    const slow = [1, null, null, 2, null, null, 3, ...new Array(12).fill(null), 4, null, null, 5];
    const { mean, min } = bridge(columns(slow));
    expect(mean.slice(0, 7)).toEqual([1, undefined, undefined, 2, undefined, undefined, 3]);
    expect(mean.slice(7, 19)).toEqual(new Array(12).fill(null));
    expect(min[20]).toBeUndefined();
  });

  it("leave a series with one value or none as it is", () => {
    expect(bridge(columns([null, 3, null])).mean).toEqual([null, 3, null]);
    expect(bridge(columns([])).mean).toEqual([]);
  });

  it("never invent a value", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer())), (mean) => {
        const out = bridge(columns(mean)).mean;
        expect(out.map((value) => value ?? null)).toEqual(mean);
      }),
    );
  });
});

describe("several series", () => {
  it("stand over the times of any of them", () => {
    const a = { time: [1, 3], mean: [10, 30], min: [9, 29], max: [11, 31] };
    const b = { time: [2, 3], mean: [5, null], min: [5, null], max: [5, null] };
    expect(align([a, b])).toEqual({
      time: [1, 2, 3],
      columns: [
        [9, undefined, 29],
        [11, undefined, 31],
        [10, undefined, 30],
        [undefined, 5, null],
        [undefined, 5, null],
        [undefined, 5, null],
      ],
    });
    expect(align([a]).time).toEqual([1, 3]);
    expect(align([])).toEqual({ time: [], columns: [] });
  });
});

describe("the value at a moment", () => {
  const series = columns([1, null, null, 4, 5]);
  it.each([
    [0.2, 1, 1],
    [1, 3, 1],
    [2, 3, 4],
    [9, 1, undefined],
    [9, 10, 5],
    [-3, 1, undefined],
  ])("%d within %d is %s", (at, within, expected) => {
    expect(valueAt(series, at, within)).toBe(expected);
  });
});
