import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canNotSucceed, hasSucceeded, hasTooManyErrors, targetOf } from "./waves.ts";

const thresholds = { successPercent: 90, errorPercent: 10, leastErrors: 2, soakMinutes: 0 };
const usual = {
  waves: [{ devices: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }].map((size) => ({
    ...size,
    ...thresholds,
  })),
};

describe("the waves of a rollout", () => {
  it("take one device, a tenth, a half and all, rounded up", () => {
    expect([0, 1, 2, 3].map((place) => targetOf(usual, place, 1000))).toEqual([1, 100, 500, 1000]);
    expect([0, 1, 2, 3].map((place) => targetOf(usual, place, 15))).toEqual([1, 2, 8, 15]);
    expect([0, 1, 2, 3].map((place) => targetOf(usual, place, 3))).toEqual([1, 1, 2, 3]);
  });

  it("never shrink, and never take more than there are", () => {
    const wave = fc.oneof(
      fc.record({ devices: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
    );
    fc.assert(
      fc.property(fc.array(wave, { minLength: 1, maxLength: 6 }), fc.nat(200), (sizes, fleet) => {
        const waves = sizes.map((size) => ({ ...size, ...thresholds }));
        const targets = waves.map((_, place) => targetOf({ waves }, place, fleet));
        expect(targets).toEqual([...targets].sort((a, b) => a - b));
        expect(Math.max(...targets)).toBeLessThanOrEqual(fleet);
      }),
    );
  });

  const tally = (devices: number, succeeded: number, failed: number, pending: number) => ({
    ...{ devices, succeeded, failed, pending },
    begun: succeeded + failed + pending,
  });

  it("fail over so many per cent, from so many devices on", () => {
    expect(hasTooManyErrors(tally(2, 1, 1, 0), { ...thresholds })).toBe(false);
    expect(hasTooManyErrors(tally(20, 0, 2, 18), { ...thresholds })).toBe(false);
    expect(hasTooManyErrors(tally(20, 0, 3, 17), { ...thresholds })).toBe(true);
  });

  it("succeed at their share, and cannot when nobody is left to reach it", () => {
    expect(hasSucceeded(tally(10, 9, 0, 1), { ...thresholds })).toBe(true);
    expect(hasSucceeded(tally(10, 8, 0, 2), { ...thresholds })).toBe(false);
    expect(canNotSucceed(tally(1, 0, 1, 0), { ...thresholds })).toBe(true);
    expect(canNotSucceed(tally(10, 8, 1, 1), { ...thresholds })).toBe(false);
  });
});
