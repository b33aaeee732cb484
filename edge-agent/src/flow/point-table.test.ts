import { describe, expect, it } from "vitest";
import type { Alarm, AlarmState, Inhibit } from "../core/alarm-types.ts";
import { expandLayout } from "../core/layout/expand.ts";
import type { PlantLayout } from "../core/layout/plant-layout.ts";
import { StatusCode } from "../core/quality.ts";
import type { ReadingBatch, Value } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import { PointSeverity, PointState } from "../core/twin/point-state.ts";
import { NO_VALUE } from "../core/twin-delta.ts";
import type { Logger } from "../ports/logger.ts";
import { createPointTable, type PointSources } from "./point-table.ts";

const { stale, unacknowledged, returned, silenced, outOfService } = PointState;
const { advisory, warning, alarm } = PointSeverity;

const plant = (...assets: string[]): PlantLayout => ({
  version: "plant-layout/v1",
  site: "s",
  kinds: [
    { id: "temperature", unit: "Cel", low: 0, high: 100 },
    { id: "anomaly", unit: "1", low: 0, high: 1 },
  ],
  areas: [{ id: "a", name: "A", minX: 0, maxX: 1, minZ: 0, maxZ: 1 }],
  templates: [
    {
      id: "pump",
      size: [1, 1, 1],
      parts: [],
      points: [
        { name: "temperature", kind: "temperature", at: [0, 0, 0] },
        { name: "vibration", kind: "anomaly", at: [0, 0, 0] },
      ],
    },
  ],
  assets: assets.map((id) => ({ id, area: "a", template: "pump", at: [0, 0] as const })),
});

const tag = (id: string): Tag => ({
  id,
  path: { site: "s", area: "a", line: "l", cell: "c", asset: "p" },
  name: id.slice(id.lastIndexOf("/") + 1),
  device: "plc",
  protocol: "s7",
  address: "DB1,REAL0",
  unit: "Cel",
  scale: 1,
  offset: 0,
});

const rows = (values: readonly (readonly [tag: number, value: Value, status?: number])[]): ReadingBatch => ({
  count: values.length,
  tag: Uint32Array.from(values, ([of]) => of),
  value: Float64Array.from(values, ([, value]) => (typeof value === "number" ? value : Number.NaN)),
  status: Uint32Array.from(values, ([, , status]) => status ?? 0),
  sourceTimeUs: new Float64Array(values.length),
  agentTimeUs: 0,
  sequence: new Float64Array(values.length),
  other: new Map(values.flatMap(([, value], i) => (typeof value === "number" ? [] : [[i, value]]))),
});

const score = (anomaly: number, more: Partial<Score> = {}): Score => ({
  machine: "p1",
  sensor: "p1/vibration",
  timeUs: 0,
  sequence: 0,
  model: "m",
  shaftHz: 0,
  sensorState: "valid",
  state: "scored",
  anomaly,
  latencyMs: 0,
  ...more,
});

const alarmOf = (state: AlarmState, more: Partial<Alarm> = {}): Alarm => ({
  id: "a1",
  machine: "p1",
  sensor: "p1/vibration",
  state,
  severity: "alarm",
  raisedUs: 0,
  peakAnomaly: 0,
  reason: "anomaly",
  evidence: {},
  ...more,
});

const inhibitOf = (kind: Inhibit["kind"]): Inhibit => ({
  kind,
  source: "p1/vibration",
  by: "Ada",
  reason: "repair",
  fromUs: 0,
});

function loggerTo(told: unknown[]): Logger {
  const nothing = (): void => {};
  const logger: Logger = {
    debug: nothing,
    warn: nothing,
    error: nothing,
    info: (fields) => void told.push(fields),
    child: () => logger,
  };
  return logger;
}

function bench(more: Partial<PointSources> = {}, random = () => 0.5) {
  const told: unknown[] = [];
  const table = createPointTable({ random, logger: loggerTo(told) });
  const sources: PointSources = {
    tags: [tag("p1/temperature"), tag("p2/temperature")],
    sensors: [{ id: "p1/vibration", device: "gateway" }],
    ...more,
  };
  table.setPlant(expandLayout(plant("p1", "p2")), sources);
  const changes = (seen: number): number[] => {
    table.endTurn();
    return [...table.changed].flatMap((turn, point) => (turn > seen ? [point] : []));
  };
  return { table, told, sources, changes };
}

// Points: 0 p1/temperature, 1 p1/vibration, 2 p2/temperature, 3 p2/vibration.

describe("the table of points", () => {
  it("holds nothing before there is a plant, and then points that are stale", () => {
    const empty = createPointTable({ random: () => 0, logger: loggerTo([]) });
    expect([empty.layout.pointCount, empty.endTurn(), empty.epoch]).toEqual([0, 0, 0]);
    const { table } = bench();
    expect([...table.state]).toEqual([stale, stale, stale, stale]);
    expect([...table.value]).toEqual([NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE]);
  });

  it("puts readings where their tags stand", () => {
    const { table } = bench();
    table.onReadings(
      rows([
        [1, 50],
        [0, 100],
      ]),
    );
    expect([...table.exact]).toEqual([100, Number.NaN, 50, Number.NaN]);
    expect([...table.value]).toEqual([65_534, NO_VALUE, 32_767, NO_VALUE]);
    expect([...table.state]).toEqual([0, stale, 0, stale]);
  });

  it("notes the turn of what a screen would see differently, and of nothing else", () => {
    const { table, changes } = bench();
    const first = table.endTurn();
    table.onReadings(rows([[0, 50]]));
    const second = table.endTurn();
    expect(changes(first)).toEqual([0]);
    table.onReadings(rows([[0, 50.00001]]));
    expect(table.endTurn()).toBe(second);
    expect(changes(second)).toEqual([]);
    expect(table.exact[0]).toBeCloseTo(50.00001, 4);
  });

  it("keeps the last value of a bad reading and marks it stale until a good one comes", () => {
    const { table } = bench();
    table.onReadings(rows([[0, 50]]));
    table.onReadings(rows([[0, null, StatusCode.BadNotConnected]]));
    expect([table.exact[0], table.state[0]]).toEqual([50, stale]);
    table.onReadings(rows([[0, 51, StatusCode.Uncertain]]));
    expect([table.exact[0], table.state[0]]).toEqual([51, 0]);
  });

  it("shows a switch as 0 or 1, and no value where a reading is a text", () => {
    const { table } = bench();
    table.onReadings(
      rows([
        [0, true],
        [1, "running"],
      ]),
    );
    expect([table.exact[0], table.exact[2], table.value[2], table.state[2]]).toEqual([
      1,
      Number.NaN,
      NO_VALUE,
      0,
    ]);
  });

  it("advises where a value is outside its usual range, its bounds included", () => {
    const { table } = bench({
      usualRangeOf: ({ id }) => (id.startsWith("p1") ? { low: 10, high: 60.1 } : undefined),
    });
    const stateAt = (value: number) => {
      table.onReadings(
        rows([
          [0, value],
          [1, value],
        ]),
      );
      expect(table.state[2]).toBe(0);
      return table.state[0];
    };
    expect([9.9, 10, 60.1, 60.2].map(stateAt)).toEqual([advisory, 0, 0, advisory]);
  });

  it("tells once how many tags have no point, with three examples", () => {
    const tags = ["x/1", "x/2", "x/3", "x/4", "p1/temperature"].map(tag);
    const { table, told, sources } = bench({ tags });
    table.setPlant(expandLayout(plant("p1", "p2")), sources);
    table.onReadings(rows([[0, 5]]));
    expect(told).toEqual([{ count: 4, examples: ["x/1", "x/2", "x/3"] }]);
  });
});

describe("a sensor's point", () => {
  it("shows the anomaly of its newest score", () => {
    const { table } = bench();
    table.onScore(score(0.75));
    expect([table.exact[1], table.state[1]]).toEqual([0.75, 0]);
  });

  it("shows none while a baseline is learnt, and is stale where the sensor cannot be believed", () => {
    const { table } = bench();
    table.onScore(score(0, { state: "learning" }));
    expect([table.value[1], table.state[1]]).toEqual([NO_VALUE, 0]);
    table.onScore(score(0, { state: "not-scored", sensorState: "flat" }));
    expect([table.value[1], table.state[1]]).toEqual([NO_VALUE, stale]);
  });

  it("is stale while its device is down", () => {
    const { table } = bench();
    table.onScore(score(0.25));
    table.onDevice("other", { kind: "link", up: false, reason: "no answer" });
    table.onDevice("gateway", { kind: "link", up: true, reason: "connected" });
    expect(table.state[1]).toBe(0);
    table.onDevice("gateway", { kind: "link", up: false, reason: "no answer" });
    expect([table.exact[1], table.state[1]]).toEqual([0.25, stale]);
    table.onScore(score(0.25));
    expect(table.state[1]).toBe(0);
  });
});

describe("alarms on a point", () => {
  const stateAfter = (...alarms: readonly Alarm[]) => {
    const { table } = bench();
    table.onScore(score(0.75));
    for (const one of alarms) table.onAlarm(one);
    return table.state[1];
  };

  it("show in its state from the first to the last", () => {
    expect(stateAfter(alarmOf("unacknowledged-active"))).toBe(alarm | unacknowledged);
    expect(stateAfter(alarmOf("acknowledged-active", { severity: "warning" }))).toBe(warning);
    expect(stateAfter(alarmOf("unacknowledged-cleared"))).toBe(returned);
    expect(stateAfter(alarmOf("suppressed"))).toBe(alarm | silenced);
    expect(stateAfter(alarmOf("unacknowledged-active"), alarmOf("normal"))).toBe(0);
  });

  it("show their inhibit", () => {
    const inhibited = (kind: Inhibit["kind"]) =>
      stateAfter(alarmOf("acknowledged-active", { inhibit: inhibitOf(kind) }));
    expect(inhibited("shelved")).toBe(alarm | silenced);
    expect(inhibited("suppressed-by-design")).toBe(alarm | silenced);
    expect(inhibited("out-of-service")).toBe(alarm | outOfService);
  });

  it("count by the worst that asks for the operator, and the others come back when that one goes", () => {
    const mild = alarmOf("acknowledged-active", { id: "mild", severity: "warning" });
    const bad = alarmOf("unacknowledged-active", { id: "bad" });
    const quiet = alarmOf("suppressed", { id: "quiet" });
    expect(stateAfter(bad, mild, quiet)).toBe(alarm | unacknowledged);
    expect(stateAfter(quiet, mild)).toBe(warning);
    expect(stateAfter(bad, mild, { ...bad, state: "normal" })).toBe(warning);
  });

  it("leave the usual range unsaid while they are open", () => {
    const { table } = bench({ usualRangeOf: () => ({ high: 10 }) });
    table.onReadings(rows([[0, 50]]));
    table.onAlarm(alarmOf("acknowledged-active", { sensor: "p1/temperature", severity: "warning" }));
    expect(table.state[0]).toBe(warning);
    table.onAlarm(alarmOf("normal", { sensor: "p1/temperature" }));
    expect(table.state[0]).toBe(advisory);
  });

  it("of a source without a point change nothing", () => {
    const { table, changes } = bench();
    const seen = table.endTurn();
    table.onAlarm(alarmOf("unacknowledged-active", { sensor: "elsewhere" }));
    expect(changes(seen)).toEqual([]);
  });

  it("are not needed for an inhibit to show", () => {
    const { table } = bench();
    table.onScore(score(0.1));
    table.onInhibit("p1/vibration", inhibitOf("out-of-service"));
    expect(table.state[1]).toBe(outOfService);
    table.onInhibit("p1/vibration", undefined);
    expect(table.state[1]).toBe(0);
  });
});

describe("another plant", () => {
  it("brings another epoch and other columns, and what is known comes along", () => {
    const { table, sources, changes } = bench({}, () => 0.999_999);
    const { epoch } = table;
    table.onReadings(
      rows([
        [0, 40],
        [1, 60],
      ]),
    );
    table.onScore(score(0.5));
    table.onAlarm(alarmOf("unacknowledged-active"));
    const seen = table.endTurn();
    table.setPlant(expandLayout(plant("p2", "p1", "p3")), sources);
    expect(table.epoch).toBe((epoch + 1) % 65_536);
    expect([...table.exact].slice(0, 4)).toEqual([60, Number.NaN, 40, 0.5]);
    expect([...table.state]).toEqual([0, stale, 0, alarm | unacknowledged, stale, stale]);
    expect(changes(seen)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("with the same points keeps the epoch and all columns", () => {
    const { table, sources, changes } = bench();
    table.onReadings(rows([[0, 40]]));
    const { epoch, value } = table;
    const seen = table.endTurn();
    table.setPlant(expandLayout(plant("p1", "p2")), sources);
    expect([table.epoch, table.value === value, changes(seen)]).toEqual([epoch, true, []]);
  });

  it("shows what was read before its layout had a place for it", () => {
    const { table, sources } = bench();
    table.setPlant(expandLayout(plant("p1")), sources);
    table.onReadings(rows([[1, 70]]));
    table.setPlant(expandLayout(plant("p1", "p2")), sources);
    expect([table.exact[2], table.state[2]]).toEqual([70, 0]);
  });

  it("makes points stale whose tags and sensors are gone", () => {
    const { table } = bench();
    table.onReadings(rows([[0, 40]]));
    table.onScore(score(0.5));
    table.setPlant(expandLayout(plant("p1", "p2")), { tags: [], sensors: [] });
    expect([...table.state]).toEqual([stale, stale, stale, stale]);
    expect(table.exact[0]).toBe(40);
  });
});
