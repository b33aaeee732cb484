import { describe, expect, it } from "vitest";
import { createObjective, wilsonLow } from "./objective.ts";

const MINUTE_US = 60e6;
const START_US = 1_700_000_000_000_000;

/** @param failures of each minute, of 60 frames */
function after(minutes: number, failuresOf: (minute: number) => number) {
  const objective = createObjective();
  for (let minute = 0; minute < minutes; minute += 1) {
    const timeUs = START_US + minute * MINUTE_US;
    const failures = failuresOf(minute);
    if (failures > 0) objective.count(false, timeUs, failures);
    objective.count(true, timeUs, 60 - failures);
  }
  return { objective, verdict: objective.judge(START_US + (minutes - 1) * MINUTE_US) };
}

describe("the objective of inference", () => {
  it("is kept by a single failure, and by two, though they are more than 0.1 per cent of five minutes", () => {
    expect(after(5, (minute) => (minute === 2 ? 1 : 0)).verdict).toEqual({
      isBroken: false,
      percent: (1 / 300) * 100,
      failed: 1,
      frames: 300,
    });
    expect(after(5, (minute) => (minute < 2 ? 1 : 0)).verdict.isBroken).toBe(false);
  });

  it("is broken by three failures in five minutes at one frame a second", () => {
    expect(after(5, (minute) => (minute < 3 ? 1 : 0)).verdict).toMatchObject({ isBroken: true, failed: 3 });
  });

  it("is kept again when the failures are long enough ago", () => {
    const { objective } = after(5, (minute) => (minute < 3 ? 1 : 0));
    for (let minute = 5; minute < 60; minute += 1) {
      objective.count(true, START_US + minute * MINUTE_US, 60);
    }
    expect(objective.judge(START_US + 59 * MINUTE_US).isBroken).toBe(false);
    expect(objective.judge(START_US + 10_000 * MINUTE_US)).toMatchObject({ frames: 0, percent: 0 });
  });

  it("is broken by a slow burn that no five minutes show: six hours and the last half hour", () => {
    // 0.72 %: seven times the budget, and a single failure in the last five minutes.
    const slow = after(360, (minute) => (minute % 3 === 0 ? 1 : 0) + (minute % 10 === 0 ? 1 : 0));
    expect(slow.verdict.isBroken).toBe(true);
    expect(slow.verdict.frames).toBe(360 * 60);
  });

  it("forgets when another model takes over", () => {
    const { objective } = after(5, () => 5);
    objective.forget();
    expect(objective.judge(START_US + 4 * MINUTE_US)).toEqual({
      isBroken: false,
      percent: 0,
      failed: 0,
      frames: 0,
    });
  });

  it("counts into the newest minute while the wall clock is set back", () => {
    const objective = createObjective();
    objective.count(true, START_US + 60 * MINUTE_US, 100);
    objective.count(false, START_US, 3);
    expect(objective.judge(START_US)).toMatchObject({ isBroken: true, failed: 3, frames: 103 });
  });

  it("bounds a share from below as Wilson did", () => {
    expect(wilsonLow(0, 0)).toBe(0);
    expect(wilsonLow(0, 100)).toBeCloseTo(0, 12);
    // 3 of 300, one-sided 95 %.
    expect(wilsonLow(3, 300)).toBeCloseTo(0.00404, 4);
  });
});
