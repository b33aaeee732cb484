import { describe, expect, it } from "vitest";
import { at, makeAlarm } from "../testing/fixtures.ts";
import {
  alarmOrder,
  alarmTotals,
  faceOf,
  mostUrgentUnacknowledged,
  neighbourAlarm,
  worstOpenAlarm,
} from "./alarm-order.ts";
import { createFreshAlarms } from "./fresh-alarms.ts";

const alarms = [
  makeAlarm("over", "M1", { state: "normal" }),
  makeAlarm("suppressed", "M1", { state: "suppressed" }),
  makeAlarm("gone", "M1", { state: "unacknowledged-cleared" }),
  makeAlarm("seen", "M1", { state: "acknowledged-active" }),
  makeAlarm("warning", "M2", { severity: "warning" }),
  makeAlarm("old", "M2", { raisedTime: at(-60) }),
  makeAlarm("new", "M3"),
];

describe("the order of alarms", () => {
  it("puts what wants an eye first, and the newer before the older", () => {
    expect(alarmOrder(alarms).map(({ id }) => id)).toEqual([
      "new",
      "old",
      "warning",
      "seen",
      "gone",
      "suppressed",
      "over",
    ]);
  });

  it("puts the higher priority before the newer, and what is inhibited behind what is open", () => {
    const inhibit = { kind: "out-of-service", source: "x", by: "Li", reason: "r", fromTime: at(0) } as const;
    const few = [
      makeAlarm("out", "M1", { priority: "critical", inhibit }),
      makeAlarm("new", "M1", { priority: "medium", raisedTime: at(60) }),
      makeAlarm("old", "M1", { priority: "critical" }),
    ];
    expect(alarmOrder(few).map(({ id }) => id)).toEqual(["old", "new", "out"]);
    expect(faceOf(few[0] ?? makeAlarm("x", "M1"))).toBe("out-of-service");
    expect(mostUrgentUnacknowledged(few)?.id).toBe("old");
    expect(alarmTotals(few).byPriority).toEqual({ critical: 1, high: 0, medium: 1, low: 0 });
  });

  it("goes from one open alarm to the next and round", () => {
    expect(neighbourAlarm(alarms, undefined, 1)?.id).toBe("new");
    expect(neighbourAlarm(alarms, "new", 1)?.id).toBe("old");
    expect(neighbourAlarm(alarms, "gone", 1)?.id).toBe("new");
    expect(neighbourAlarm(alarms, "new", -1)?.id).toBe("gone");
    expect(neighbourAlarm(alarms, undefined, -1)?.id).toBe("gone");
    expect(neighbourAlarm([], undefined, 1)).toBeUndefined();
  });

  it("names a machine's worst open alarm, and none where all are over", () => {
    expect(worstOpenAlarm(alarms, "M1")?.id).toBe("seen");
    expect(worstOpenAlarm([makeAlarm("over", "M1", { state: "normal" })], "M1")).toBeUndefined();
  });

  it("counts what is active and what nobody has acknowledged", () => {
    expect(alarmTotals(alarms)).toMatchObject({ alarms: 3, warnings: 1, unacknowledged: 4 });
  });
});

describe("fresh alarms", () => {
  it("tells each alarm once, newest first", () => {
    const fresh = createFreshAlarms();
    const raised = [1, 2, 3, 4].map((i) => makeAlarm(`a${i}`, "M1", { raisedTime: at(i) }));
    expect(fresh.take(raised).map(({ id }) => id)).toEqual(["a4", "a3", "a2", "a1"]);
    expect(fresh.take(raised)).toEqual([]);
  });

  it("tells an alarm again that went away and came back", () => {
    const fresh = createFreshAlarms();
    fresh.take([makeAlarm("a1", "M1")]);
    expect(fresh.take([makeAlarm("a1", "M1", { state: "unacknowledged-cleared" })])).toEqual([]);
    expect(fresh.take([makeAlarm("a1", "M1")])).toHaveLength(1);
  });
});
