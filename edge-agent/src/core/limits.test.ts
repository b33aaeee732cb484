import { describe, expect, it } from "vitest";
import { breachOf, hasAlarmLimit, limitsProblem, type TagLimits } from "./limits.ts";

const limits = (more: Partial<TagLimits>): TagLimits => ({ hysteresis: 0, delayS: 0, ...more });

describe("limits", () => {
  it("name what lies beyond each of them", () => {
    const all = limits({ lowLow: 1, low: 2, high: 3, highHigh: 4 });
    expect(([-2, -1, 0, 1, 2] as const).map((level) => breachOf(level, all))).toEqual([
      { reason: "limit-low-low", severity: "alarm", limit: 1 },
      { reason: "limit-low", severity: "warning", limit: 2 },
      undefined,
      { reason: "limit-high", severity: "warning", limit: 3 },
      { reason: "limit-high-high", severity: "alarm", limit: 4 },
    ]);
    expect(hasAlarmLimit(all)).toBe(true);
    expect(hasAlarmLimit(limits({ normalLow: 1 }))).toBe(false);
  });

  it.each([
    [{}, "has no limit; name at least one, or leave it out"],
    [{ low: 5, high: 5 }, "low (5) must be below high (5)"],
    [{ high: 80, highHigh: 70 }, "high (80) must be below highHigh (70)"],
    [{ lowLow: 3, normalLow: 2 }, "lowLow (3) must be below normalLow (2)"],
    [
      { low: 0, high: 10, hysteresis: 5 },
      "hysteresis (5) must be less than half of what lies between 0 and 10",
    ],
  ])("say what contradicts itself: %j", (more, problem) => {
    expect(limitsProblem(limits(more))).toBe(problem);
  });

  it.each([
    { high: 80 },
    { normalHigh: 80, high: 80 },
    { low: 1, normalLow: 1 },
    { lowLow: 0, low: 1, normalLow: 2, normalHigh: 3, high: 4, highHigh: 5, hysteresis: 1 },
    { high: 80, hysteresis: 100 },
  ])("may be as these: %j", (more) => {
    expect(limitsProblem(limits(more))).toBeUndefined();
  });
});
