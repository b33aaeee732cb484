import { describe, expect, it } from "vitest";
import { alarmMatcher, byNewest } from "./alarm-filter.ts";
import { journalOf } from "./alarm-journal.ts";
import { alarmLikeness, similarAlarms } from "./alarm-likeness.ts";
import { createAlarmList } from "./alarm-list.ts";
import { priorityOf } from "./alarm-priority.ts";
import { createAlarmRate } from "./alarm-rate.ts";
import type { Alarm, Inhibit } from "./alarm-types.ts";
import { ruleHolds, ruleText } from "./suppress-rule.ts";

const alarm = (more: Partial<Alarm> = {}): Alarm => ({
  id: "a",
  machine: "s/hall/l/c/pump",
  sensor: "s/hall/l/c/pump/t",
  state: "unacknowledged-active",
  severity: "alarm",
  raisedUs: 100,
  peakAnomaly: 0,
  reason: "limit-high",
  evidence: { value: 10, unit: "Cel" },
  ...more,
});
const shelved: Inhibit = { kind: "shelved", source: "t", by: "Ada", reason: "noise", fromUs: 5, untilUs: 9 };

describe("priority", () => {
  it("is the machine's criticality by the alarm's severity", () => {
    const table = (["high", "normal", "low"] as const).map((one) => [
      priorityOf(one, "alarm"),
      priorityOf(one, "warning"),
    ]);
    expect(table).toEqual([
      ["critical", "high"],
      ["high", "medium"],
      ["medium", "low"],
    ]);
  });
});

describe("alarm filter", () => {
  it.each([
    [{ openOnly: true }, true],
    [{ fromUs: 100, toUs: 101 }, true],
    [{ fromUs: 101 }, false],
    [{ toUs: 100 }, false],
    [{ machine: "s/hall/l/c/pump" }, true],
    [{ machine: "s/hall/l/c/pum" }, false],
    [{ area: "hall" }, true],
    [{ area: "l" }, false],
    [{ priority: "low" }, false],
    [{ reason: "limit-high" }, true],
    [{ q: " PUMP  limit " }, true],
    [{ q: "pump fan" }, false],
    [{ before: { id: "b", raisedUs: 100 } }, true],
    [{ before: { id: "a", raisedUs: 100 } }, false],
    [{ before: { id: "a", raisedUs: 99 } }, false],
  ] as const)("%j: %j", (filter, matches) => {
    expect(alarmMatcher(filter)(alarm())).toBe(matches);
  });

  it("does not take what is kept from the operators for open", () => {
    expect(alarmMatcher({ openOnly: true })(alarm({ inhibit: shelved }))).toBe(false);
    expect(
      [alarm({ id: "b" }), alarm({ raisedUs: 200 }), alarm()].sort(byNewest).map(({ id }) => id),
    ).toEqual(["a", "b", "a"]);
  });
});

describe("journal", () => {
  it("tells what happened from state to state", () => {
    const states: Alarm[] = [
      alarm({ severity: "warning" }),
      alarm(),
      alarm({ reason: "limit-high-high" }),
      alarm({ reason: "limit-high-high", inhibit: shelved }),
      alarm({ reason: "limit-high-high" }),
      alarm({
        reason: "limit-high-high",
        state: "acknowledged-active",
        acknowledgedUs: 7,
        acknowledgedBy: "Bob",
      }),
    ];
    states.push({ ...(states[5] ?? alarm()), state: "suppressed", suppressedReason: "flat" });
    states.push({ ...(states[5] ?? alarm()) });
    states.push({ ...(states[5] ?? alarm()), peakAnomaly: 1 });
    states.push({ ...(states[5] ?? alarm()), peakAnomaly: 1, state: "normal", clearedUs: 9 });
    const journal = journalOf(states.map((one, i) => ({ atUs: i, alarm: one })));
    expect(journal.map(({ what, by, reason }) => [what, by, reason].filter(Boolean).join(" "))).toEqual([
      "raised limit-high",
      "worsened limit-high",
      "explained limit-high-high",
      "shelved Ada noise",
      "inhibit-ended",
      "acknowledged Bob",
      "suppressed flat",
      "released",
      "changed",
      "cleared",
    ]);
    expect(journal[1]?.time).toBe("1970-01-01T00:00:00.000001Z");
  });
});

describe("likeness", () => {
  it("is 1 for what is alike in all, and less for each thing that is not", () => {
    expect(alarmLikeness(alarm(), alarm())).toBe(1);
    expect(alarmLikeness(alarm(), alarm({ machine: "other", sensor: "other" }))).toBe(0.7);
    expect(alarmLikeness(alarm(), alarm({ reason: "limit-low" }))).toBe(0.6);
    expect(alarmLikeness(alarm(), alarm({ evidence: { value: 5, unit: "Cel" } }))).toBe(0.93);
    expect(alarmLikeness(alarm(), alarm({ evidence: { value: -10, unit: "K" } }))).toBe(0.7);
    expect(alarmLikeness(alarm({ evidence: {} }), alarm({ evidence: {} }))).toBe(1);
  });

  it("orders past alarms and leaves out the alarm itself", () => {
    const past = [
      alarm(),
      alarm({ id: "b", raisedUs: 1 }),
      alarm({ id: "c", raisedUs: 2 }),
      alarm({ id: "d", reason: "x" }),
    ];
    expect(similarAlarms(alarm(), past, 2).map((one) => one.alarm.id)).toEqual(["c", "b"]);
  });
});

describe("alarm list", () => {
  it("announces what becomes active, once, and not what is kept from the operators", () => {
    const list = createAlarmList();
    expect(list.put(alarm({ inhibit: shelved }))).toBe(false);
    expect(list.put(alarm())).toBe(true);
    expect(list.put(alarm({ peakAnomaly: 1 }))).toBe(false);
    expect(list.put(alarm({ state: "unacknowledged-cleared" }))).toBe(false);
    expect(list.put(alarm())).toBe(true);
    expect(list.put(alarm({ state: "normal" }))).toBe(false);
    expect(list.newestFirst).toHaveLength(1);
  });

  it("drops in a flood what can wait longest, and counts it", () => {
    const list = createAlarmList();
    list.put(alarm({ id: "first", raisedUs: 0, priority: "critical" }));
    for (let i = 1; i <= 2500; i += 1) list.put(alarm({ id: `${i}`, raisedUs: i, priority: "low" }));
    expect(list.newestFirst.length + list.dropped).toBe(2501);
    expect(list.newestFirst.length).toBeLessThanOrEqual(2000);
    expect([list.newestFirst[0]?.id, list.newestFirst.at(-1)?.id]).toEqual(["2500", "first"]);
  });

  it("keeps the last hundred that are over", () => {
    const list = createAlarmList();
    for (let i = 0; i < 250; i += 1) list.put(alarm({ id: `${i}`, raisedUs: i, state: "normal" }));
    expect([list.newestFirst.length, list.newestFirst.at(-1)?.id]).toEqual([100, "150"]);
  });
});

describe("alarm rate", () => {
  it("counts the last ten minutes, also over a clock that jumps", () => {
    const rate = createAlarmRate();
    for (let i = 0; i < 20; i += 1) rate.count(1e15 + i * 60e6);
    expect(rate.inTenMinutes(1e15 + 19 * 60e6)).toBe(10);
    expect(rate.inTenMinutes(1e15 + 24 * 60e6)).toBe(5);
    expect(rate.inTenMinutes(1e15 + 40 * 60e6)).toBe(0);
    rate.count(1e15);
    expect(rate.inTenMinutes(1e15)).toBe(1);
  });
});

describe("suppress rule", () => {
  it.each([
    [{ below: 10 }, 9, true],
    [{ below: 10 }, 10, false],
    [{ above: 10 }, 10, false],
    [{ above: 1, below: 3 }, 2, true],
    [{ equals: 2 }, 2, true],
    [{ equals: true }, 1, true],
    [{ equals: false }, 1, false],
    [{ below: 10 }, Number.NaN, false],
  ])("%j at %j: %j", (rule, value, holds) => {
    expect(ruleHolds({ tag: "m/speed", ...rule }, value)).toBe(holds);
  });

  it("tells itself in words", () => {
    expect(ruleText({ tag: "m/speed", above: 1, below: 3, equals: 2 })).toBe(
      "speed < 3, speed > 1, speed = 2",
    );
  });
});
