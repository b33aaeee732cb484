import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelayMs } from "./retry-delay.ts";

describe("retryDelayMs", () => {
  it("doubles from half a second up to 15 s", () => {
    const longest = [0, 1, 2, 3, 4, 5, 50].map((attempt) => retryDelayMs(attempt, () => 1));
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  });

  it("never waits less than half of the step", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
        const delay = retryDelayMs(attempt, () => chance);
        const longest = retryDelayMs(attempt, () => 1);
        expect(delay).toBeGreaterThanOrEqual(longest / 2);
        expect(delay).toBeLessThanOrEqual(15_000);
      }),
    );
  });
});
