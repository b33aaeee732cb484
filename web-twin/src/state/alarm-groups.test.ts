import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { at, makeAlarm, T0 } from "../testing/fixtures.ts";
import { areaOf, createFloodWatch, floodsOf, groupAlarms, lineOf } from "./alarm-groups.ts";
import { alarmOrder } from "./alarm-order.ts";

const LINE = "S/A/L1";

const flood = (count: number, stepS: number, line = LINE) =>
  Array.from({ length: count }, (_, i) =>
    makeAlarm(`${line}-${String(i).padStart(3, "0")}`, `${line}/C/M${i}`, { raisedTime: at(i * stepS) }),
  );

describe("floods", () => {
  it("are more than ten alarms of one line in ten minutes, the earliest being the first out", () => {
    const [found, ...others] = floodsOf(flood(11, 5));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ line: LINE, firstOut: `${LINE}-000`, fromMs: T0, toMs: T0 + 50_000 });
    expect(found?.alarms.size).toBe(11);
    expect(floodsOf(flood(10, 5))).toEqual([]);
  });

  it("end where a minute passes without an alarm", () => {
    const alarms = [...flood(11, 5), makeAlarm("late", `${LINE}/C/M1`, { raisedTime: at(111) })];
    expect(floodsOf(alarms)[0]?.alarms.has("late")).toBe(false);
    expect(floodsOf(flood(30, 61))).toEqual([]);
  });

  it("let a minute pass between two alarms and not more", () => {
    expect(floodsOf(flood(40, 60))).toHaveLength(1);
    expect(floodsOf(flood(40, 60.001))).toHaveLength(0);
  });

  it("keep lines apart and leave out what is inhibited", () => {
    expect(floodsOf([...flood(11, 5), ...flood(11, 4, "S/A/L2")])).toHaveLength(2);
    const inhibit = { kind: "shelved", source: "x", by: "Li", reason: "r", fromTime: at(0) } as const;
    expect(floodsOf(flood(11, 5).map((alarm) => ({ ...alarm, inhibit })))).toEqual([]);
    expect(floodsOf(flood(11, 5).map((alarm) => ({ ...alarm, state: "suppressed" as const })))).toEqual([]);
  });

  it("never share an alarm and never depend on the order they are told in", () => {
    const arbitrary = fc.array(
      fc.record({ s: fc.nat(900), line: fc.constantFrom("S/A/L1", "S/A/L2"), n: fc.nat(10_000) }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(arbitrary, (raw) => {
        const alarms = raw.map(({ s, line, n }, i) =>
          makeAlarm(`${i}-${n}`, `${line}/C/M`, { raisedTime: at(s) }),
        );
        const floods = floodsOf(alarms);
        const members = floods.flatMap((each) => [...each.alarms]);
        expect(new Set(members).size).toBe(members.length);
        const key = (list: typeof floods): unknown =>
          list.map((each) => [each.key, [...each.alarms].sort()]).sort();
        expect(key(floodsOf([...alarms].reverse()))).toEqual(key(floods));
      }),
    );
  });
});

describe("grouping", () => {
  const alarms = alarmOrder([
    ...flood(12, 5),
    makeAlarm("alone", "S/B/L9/C/M", { priority: "critical" }),
    makeAlarm("low", "S/B/L9/C/M", { priority: "low" }),
  ]);
  const floods = floodsOf(alarms);

  it("puts a flood as one entry in the place of its most urgent alarm", () => {
    const entries = groupAlarms(alarms, floods, new Set());
    expect(entries.map((entry) => (entry.kind === "flood" ? entry.alarms.length : entry.alarm.id))).toEqual([
      "alone",
      12,
      "low",
    ]);
  });

  it("shows its alarms below it once it is opened", () => {
    const entries = groupAlarms(alarms, floods, new Set([`${LINE}-000`]));
    expect(entries).toHaveLength(15);
    expect(entries[1]).toMatchObject({ kind: "flood", isOpen: true });
    expect(entries[13]).toMatchObject({ kind: "alarm", alarm: { id: `${LINE}-000` }, flood: { line: LINE } });
  });

  it("does not group the only alarm of a flood that a filter left", () => {
    const [last] = alarms.filter(({ id }) => id === `${LINE}-003`);
    expect(groupAlarms(last === undefined ? [] : [last], floods, new Set())).toMatchObject([
      { kind: "alarm" },
    ]);
  });
});

describe("the flood sign", () => {
  it("comes with the eleventh alarm and goes when fewer than five are recent", () => {
    const watch = createFloodWatch();
    const alarms = flood(11, 60);
    expect(watch.look(alarms.slice(0, 10), T0 + 540_000)).toBe(0);
    expect(watch.look(alarms, T0 + 600_000)).toBe(11);
    expect(watch.look(alarms, T0 + 900_000)).toBe(6);
    expect(watch.look(alarms, T0 + 1_020_000)).toBe(0);
    expect(watch.look(alarms, T0 + 900_000)).toBe(0);
  });
});

describe("places", () => {
  it("are read from the path of the asset, however short it is", () => {
    expect(lineOf("S/A/L/C/M")).toBe("S/A/L");
    expect(lineOf("M")).toBe("M");
    expect(areaOf("S/A/L/C/M")).toBe("A");
    expect(areaOf("M")).toBe("M");
  });
});
