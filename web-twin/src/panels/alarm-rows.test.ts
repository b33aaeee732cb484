import { describe, expect, it } from "vitest";
import { floodsOf, groupAlarms } from "../state/alarm-groups.ts";
import { alarmOrder } from "../state/alarm-order.ts";
import { format, t } from "../testing/english.ts";
import { at, makeAlarm, T0 } from "../testing/fixtures.ts";
import { freshText } from "./alarm-fresh.ts";
import { faceText, listRows, wordsOf } from "./alarm-rows.ts";

const nameOf = (id: string): string => `Pump ${id}`;
const words = { t, format, nowMs: T0 + 240_000, nameOf };
const shown = { ...words, selected: "a1", labels: new Map([["a2", "real" as const]]) };

describe("the rows of the alarm list", () => {
  it("say what, where, since when, in which state and how urgent", () => {
    const [first, second] = listRows(
      [
        { kind: "alarm", alarm: makeAlarm("a1", "S/Mill/L/C/M1", { priority: "critical" }) },
        {
          kind: "alarm",
          alarm: makeAlarm("a2", "M2", {
            severity: "warning",
            state: "acknowledged-active",
            acknowledgedBy: "Li",
          }),
        },
      ],
      shown,
    );
    expect(first).toMatchObject({
      kind: "alarm",
      key: "a1",
      machineName: "Pump S/Mill/L/C/M1",
      area: "Mill",
      priority: "critical",
      priorityText: "Critical",
      reason: "Signs of damage on the outer ring of the bearing",
      since: "16:00:00, 4 min ago",
      stateText: "active, not acknowledged",
      active: true,
      canAcknowledge: true,
      selected: true,
      firstOut: false,
    });
    expect(second).toMatchObject({
      priority: "medium",
      stateText: "active, acknowledged by Li",
      canAcknowledge: false,
      selected: false,
      label: "real",
    });
  });

  it("gather a flood on one line with its first-out alarm, and mark that one among the others", () => {
    const alarms = alarmOrder(
      Array.from({ length: 11 }, (_, i) => makeAlarm(`f${i}`, "S/A/L/C/M", { raisedTime: at(i) })),
    );
    const floods = floodsOf(alarms);
    const [flood] = listRows(groupAlarms(alarms, floods, new Set()), shown);
    expect(flood).toEqual({
      kind: "flood",
      key: "flood f0",
      text: "Flood on A / L: 11 alarms, 11 open. First out: Pump S/A/L/C/M, Signs of damage on the outer ring of the bearing",
      priority: "high",
      isOpen: false,
      shelvable: alarms.map(({ id }) => id),
    });
    const opened = listRows(groupAlarms(alarms, floods, new Set(["f0"])), shown);
    expect(opened.filter((row) => row.kind === "alarm" && row.firstOut).map(({ key }) => key)).toEqual([
      "f0",
    ]);
    // The filter left out the one that came first.
    const rest = alarms.filter(({ id }) => id !== "f0");
    expect(listRows(groupAlarms(rest, floods, new Set()), shown)[0]).toMatchObject({ isOpen: false });
  });

  it("say who inhibits a source, until when and why", () => {
    const inhibit = { source: "x", by: "Li", reason: "repair", fromTime: at(0) } as const;
    const shelved = makeAlarm("a", "M", { inhibit: { ...inhibit, kind: "shelved", untilTime: at(3600) } });
    expect(faceText(shelved, words)).toBe("Shelved by Li, until 17:00:00, repair");
    const out = makeAlarm("a", "M", { inhibit: { ...inhibit, kind: "out-of-service" } });
    expect(faceText(out, words)).toBe("Out of service by Li, repair");
    expect(faceText({ ...out, state: "normal" }, words)).toBe("over");
  });

  it("are read out as one sentence when they are new, and found by any of their words", () => {
    const alarm = makeAlarm("a3", "M1", { reason: "shaft", acknowledgedBy: "Wang" });
    expect(freshText(alarm, words)).toBe(
      "New Alarm: Pump M1. Signs of a shaft that is out of balance, misaligned or loose",
    );
    expect(wordsOf(alarm, words)).toContain("Wang");
    expect(wordsOf(alarm, words)).toContain("M1/vibration");
  });
});
