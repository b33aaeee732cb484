import type { AlarmDto } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { at, makeAlarm, T0 } from "../testing/fixtures.ts";
import { alarmsAt, indexAt } from "./recorded.ts";

const alarm = (more: Partial<AlarmDto>) => makeAlarm("a", "M1", { raisedTime: at(10), ...more });
const faceAt = (more: Partial<AlarmDto>, second: number) =>
  alarmsAt([alarm(more)], T0 + second * 1_000).get("a")?.state;

describe("an alarm of the past", () => {
  const seenThenOver = {
    state: "normal",
    acknowledgedTime: at(20),
    acknowledgedBy: "Li Wei",
    clearedTime: at(30),
  } as const;
  const overThenSeen = { ...seenThenOver, clearedTime: at(15) } as const;

  it.each([
    ["before it was raised", seenThenOver, 9, undefined],
    ["when it was raised", seenThenOver, 10, "unacknowledged-active"],
    ["when it was acknowledged", seenThenOver, 20, "acknowledged-active"],
    ["when it had cleared, too", seenThenOver, 30, undefined],
    ["when it cleared before anybody saw it", overThenSeen, 15, "unacknowledged-cleared"],
    ["when it was seen after that", overThenSeen, 20, undefined],
    ["while it stands to this day", {}, 99, "unacknowledged-active"],
    ["when it ended without anybody's word", { state: "normal", clearedTime: at(30) }, 30, undefined],
    ["while its sensor is not believed", { state: "suppressed" }, 11, "suppressed"],
  ] as const)("stands as it stood: %s", (_, more, second, state) => {
    expect(faceAt(more, second)).toBe(state);
  });

  it("does not know yet who acknowledges it, when it clears and who shelves it", () => {
    const inhibit = {
      kind: "shelved",
      source: "M1/vibration",
      by: "Ada",
      reason: "known",
      fromTime: at(12),
      untilTime: at(14),
    } as const;
    const found = (second: number) =>
      alarmsAt([alarm({ ...seenThenOver, inhibit })], T0 + second * 1_000).get("a");
    expect(found(11)).toEqual(alarm({}));
    expect(found(12)).toEqual(alarm({ inhibit }));
    expect(found(14)).toEqual(alarm({}));
    expect(found(25)).toMatchObject({ acknowledgedBy: "Li Wei", acknowledgedTime: at(20) });
    expect(found(25)).not.toHaveProperty("clearedTime");
  });
});

describe("the health index of the past", () => {
  const every = (seconds: number, mean: readonly (number | null)[]) => ({
    time: mean.map((_, i) => T0 / 1000 + (i + 0.5) * seconds),
    mean,
  });
  const seen = (line: ReturnType<typeof every>, second: number) => indexAt(line, T0 + second * 1_000);

  it("is the newest one at the moment", () => {
    const line = every(2, [90, null, null, 80, 70]);
    expect([0, 1.9, 5, 6, 9].map((second) => seen(line, second))).toEqual([90, 90, 90, 80, 70]);
  });

  it("is not known before the first, nor a minute after the last", () => {
    const line = every(2, [null, 90, ...Array<null>(40).fill(null)]);
    expect(seen(line, 1)).toBeUndefined();
    expect(seen(line, 63)).toBe(90);
    expect(seen(line, 66)).toBeUndefined();
    expect(seen(every(2, []), 0)).toBeUndefined();
  });

  it("counts a bucket of many minutes as a whole", () => {
    const line = every(600, [90, null, 60]);
    expect(seen(line, 599)).toBe(90);
    expect(seen(line, 1_000)).toBe(90);
    expect(seen(line, 1_201)).toBe(60);
  });
});
