import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roomy, scaleWith } from "./trend-scale.ts";

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe("the scale of a trend", () => {
  it("leaves room around a flat line", () => {
    expect(roomy(50, 50)).toEqual([49, 51]);
    expect(roomy(0, 10)).toEqual([-1, 11]);
  });

  it("shows limits that are near, and not those that would press the data flat", () => {
    expect(scaleWith([0, 10], [5])).toEqual([0, 10]);
    expect(scaleWith([0, 10], [20])).toEqual([0, 20.5]);
    expect(scaleWith([0, 10], [500, -5, 20])).toEqual([-5.5, 20.5]);
    expect(scaleWith([0, 10], [500])).toEqual([0, 10]);
  });

  it("always shows the data, on at least a quarter of its height", () => {
    fc.assert(
      fc.property(value, value, fc.array(value, { maxLength: 6 }), (a, b, limits) => {
        const [low, high] = roomy(Math.min(a, b), Math.max(a, b));
        const [from, to] = scaleWith([low, high], limits);
        expect(from).toBeLessThanOrEqual(low);
        expect(to).toBeGreaterThanOrEqual(high);
        expect((high - low) / (to - from)).toBeGreaterThanOrEqual(0.25 - 1e-9);
      }),
    );
  });
});
