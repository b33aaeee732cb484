import { expandLayout, type PlantLayout } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { createFormat } from "../i18n/format.ts";
import { applyMessage, emptyPlant } from "../state/plant-state.ts";
import type { PointStore } from "../state/points.ts";
import type { TrendSubject } from "../state/trend-board.ts";
import { format, t } from "../testing/english.ts";
import { at, makeAlarm, makeMachine, makeSnapshot, T0 } from "../testing/fixtures.ts";
import { keyRange, pinched } from "./trend-gestures.ts";
import {
  alarmMarks,
  chartGroups,
  extremes,
  limitsOf,
  shownColumns,
  type TrendSeries,
  trendSeries,
  trendsCsv,
} from "./trends-rows.ts";

const layout: PlantLayout = {
  version: "plant-layout/v1",
  site: "S",
  kinds: [{ id: "p", unit: "bar", low: 0, high: 10 }],
  areas: [{ id: "A", name: "A", minX: 0, maxX: 1, minZ: 0, maxZ: 1 }],
  templates: [
    { id: "x", size: [1, 1, 1], parts: [], points: [{ name: "pressure", at: [0, 0, 0], kind: "p" }] },
  ],
  assets: [{ id: "S/tank", name: "Tank", area: "A", template: "x", at: [0, 0] }],
};
const points = {
  view: () => ({ layout: expandLayout(layout) }),
  find: (tag: string) => (tag === "S/tank/pressure" ? 0 : undefined),
} as unknown as PointStore;
const plant = applyMessage(emptyPlant, makeSnapshot([makeMachine("M1")])).state;
const subject = (kind: TrendSubject["kind"], id: string): TrendSubject => ({ kind, id });
const series = (subjects: readonly TrendSubject[]): readonly TrendSeries[] =>
  trendSeries(subjects, plant, points, () => undefined, t);

describe("the series of the trends page", () => {
  it("are named after what is measured and where", () => {
    const found = series([
      subject("tag", "M1/temperature"),
      subject("score", "M1/vibration"),
      subject("health", "M1"),
      subject("tag", "S/tank/pressure"),
      subject("tag", "nobody/knows"),
    ]);
    expect(found.map(({ name, unit, asset }) => [name, unit, asset])).toEqual([
      ["Temperature, Pump M1", "Cel", "M1"],
      ["Anomaly (Drive end), Pump M1", "1", "M1"],
      ["Health index, Pump M1", "%", "M1"],
      ["pressure, Tank", "bar", "S/tank"],
      ["knows, nobody", "1", "nobody"],
    ]);
  });

  it("share a chart where they share the shown unit, and the last takes in what has no room", () => {
    const us = createFormat("en", "UTC", t, "us");
    const tags = (units: readonly string[]): readonly TrendSeries[] =>
      units.map((unit, number) => ({
        subject: subject("tag", String(number)),
        key: String(number),
        name: "",
        unit,
        number,
        asset: "",
      }));
    const sizes = (units: readonly string[], by = format): readonly number[] =>
      chartGroups(tags(units), by).map((group) => group.series.length);
    expect(sizes(["bar", "[psi]", "bar"])).toEqual([2, 1]);
    expect(sizes(["bar", "[psi]", "kPa"], us)).toEqual([3]);
    expect(sizes(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])).toEqual([1, 1, 1, 1, 1, 1, 1, 3]);
  });

  it("are turned into the unit that is shown", () => {
    const us = createFormat("en", "UTC", t, "us");
    const columns = { time: [1, 2], mean: [100, null], min: [0, null], max: [200, null] };
    expect(shownColumns(columns, "Cel", us)).toEqual({
      time: [1, 2],
      mean: [212, null],
      min: [32, null],
      max: [392, null],
    });
    expect(shownColumns(columns, "Hz", us)).toBe(columns);
  });

  it("know their extremes within the shown time", () => {
    const columns = { time: [1, 2, 3], mean: [5, 6, 9], min: [4, 5, 8], max: [6, 7, 10] };
    expect(extremes(columns, { fromS: 1, toS: 2 })).toEqual({ low: 4, high: 7 });
    expect(extremes(columns, { fromS: 8, toS: 9 })).toBeUndefined();
  });
});

describe("alarms in trends", () => {
  const alarms = [
    makeAlarm("stands", "M1", { raisedTime: at(-60) }),
    makeAlarm("over", "M1", { raisedTime: at(-600), clearedTime: at(-500), severity: "warning" }),
    makeAlarm("before", "M1", { raisedTime: at(-9_000), clearedTime: at(-8_000) }),
    makeAlarm("elsewhere", "M2", { raisedTime: at(-60) }),
  ];
  const shown = series([subject("tag", "M1/temperature")]);
  const nowS = T0 / 1000;

  it("are marked from raised to cleared, of the shown assets alone", () => {
    const marks = alarmMarks(alarms, shown, { fromS: nowS - 3_600, toS: nowS }, nowS, { t, format });
    expect(marks.map(({ alarm, fromS, toS }) => [alarm.id, fromS - nowS, toS - nowS])).toEqual([
      ["over", -600, -500],
      ["stands", -60, 0],
    ]);
    expect(marks[1]?.text).toBe("15:59:00  Alarm: Signs of damage on the outer ring of the bearing");
  });

  it("tell the limits that were passed, in the shown unit", () => {
    const us = createFormat("en", "UTC", t, "us");
    const limit = makeAlarm("l", "M1", { sensor: "M1/temperature", evidence: { limit: 100 } });
    const [tagGroup] = chartGroups(shown, us);
    const [scoreGroup] = chartGroups(series([subject("score", "M1/vibration")]), us);
    if (tagGroup === undefined || scoreGroup === undefined) throw new Error("groups are missing");
    expect(limitsOf(tagGroup, [...alarms, limit, limit], us)).toEqual([212]);
    expect(limitsOf(scoreGroup, [], us)).toEqual([0.5]);
    // Before anything passed them.
    const configured = (tag: string): readonly number[] => (tag === "M1/temperature" ? [0, 100] : []);
    expect(limitsOf(tagGroup, [], us, configured)).toEqual([32, 212]);
    expect(limitsOf(tagGroup, [limit], us, configured)).toEqual([32, 212]);
  });
});

describe("trends as CSV", () => {
  it("have a row for each moment and no formula in a name", () => {
    const csv = trendsCsv(
      [
        {
          name: '=cmd|"x"',
          symbol: "°C",
          columns: { time: [0, 60], mean: [1.5, 2], min: [1, 2], max: [2, 2] },
        },
        {
          name: "B",
          symbol: "",
          columns: { time: [60, 120], mean: [7, null], min: [7, null], max: [7, null] },
        },
      ],
      { fromS: 0, toS: 100 },
      t,
    );
    expect(csv.split("\r\n")).toEqual([
      `\ufefftime,"'=cmd|""x"" (°C)","'=cmd|""x"" (°C) - Lowest","'=cmd|""x"" (°C) - Highest",B,B - Lowest,B - Highest`,
      "1970-01-01T00:00:00.000Z,1.5,1,2,,,",
      "1970-01-01T00:01:00.000Z,2,2,2,7,7,7",
      "",
    ]);
  });
});

describe("moving in time", () => {
  const range = { fromS: 0, toS: 100 };
  it.each([
    ["ArrowLeft", { fromS: -20, toS: 80 }],
    ["ArrowRight", { fromS: 20, toS: 120 }],
    ["PageUp", { fromS: -100, toS: 0 }],
    ["PageDown", { fromS: 100, toS: 200 }],
    ["-", { fromS: -25, toS: 125 }],
    ["x", undefined],
  ])("by the key %s", (key, expected) => {
    expect(keyRange(key, range)).toEqual(expected);
  });

  it("by keys that come closer, whatever the keyboard calls them", () => {
    expect(keyRange("=", range)).toEqual(keyRange("+", range));
    expect(keyRange("+", range)?.fromS).toBeCloseTo(16.67, 1);
  });

  it("with two fingers keeps the moments beneath them", () => {
    const after = pinched(range, [0.4, 0.6], [0.3, 0.7]);
    expect(after.toS - after.fromS).toBeCloseTo(50);
    expect(after.fromS + 50 * 0.3).toBeCloseTo(40);
    expect(after.fromS + 50 * 0.7).toBeCloseTo(60);
    const together = pinched(range, [0.4, 0.6], [0.5, 0.5]);
    expect(together.toS - together.fromS).toBe(100);
  });
});
