import { describe, expect, it } from "vitest";
import { at, makeAlarm } from "../testing/fixtures.ts";
import { alarmOrder, alarmTotals, worstOpenAlarm } from "./alarm-order.ts";
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

  it("keeps to two hundred rows", () => {
    const many = Array.from({ length: 300 }, (_, i) => makeAlarm(`a${i}`, "M1"));
    expect(alarmOrder(many)).toHaveLength(200);
  });

  it("names a machine's worst open alarm, and none where all are over", () => {
    expect(worstOpenAlarm(alarms, "M1")?.id).toBe("seen");
    expect(worstOpenAlarm([makeAlarm("over", "M1", { state: "normal" })], "M1")).toBeUndefined();
  });

  it("counts what is active and what nobody has acknowledged", () => {
    expect(alarmTotals(alarms)).toEqual({ alarms: 3, warnings: 1, unacknowledged: 4 });
  });
});

describe("fresh alarms", () => {
  it("tells each alarm once, newest first, and at most three at a time", () => {
    const fresh = createFreshAlarms();
    const raised = [1, 2, 3, 4].map((i) => makeAlarm(`a${i}`, "M1", { raisedTime: at(i) }));
    expect(fresh.take(raised).map(({ id }) => id)).toEqual(["a4", "a3", "a2"]);
    expect(fresh.take(raised)).toEqual([]);
  });

  it("tells an alarm again that went away and came back", () => {
    const fresh = createFreshAlarms();
    fresh.take([makeAlarm("a1", "M1")]);
    expect(fresh.take([makeAlarm("a1", "M1", { state: "unacknowledged-cleared" })])).toEqual([]);
    expect(fresh.take([makeAlarm("a1", "M1")])).toHaveLength(1);
  });
});
