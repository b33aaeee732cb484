import { describe, expect, it } from "vitest";
import type { Alarm } from "../core/alarm-types.ts";
import type { Machine } from "../core/machine.ts";
import { StatusCode } from "../core/quality.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import type { PlantChange } from "../ports/plant.ts";
import { createMirror } from "./mirror.ts";
import { createShaftSpeed } from "./shaft-speed.ts";
import { fingerprint, s7Profile } from "./testing/fingerprints.ts";

const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
const tag = (id: string): Tag => ({
  id,
  path,
  name: id,
  device: "plc",
  protocol: "s7",
  address: "DB1,REAL0",
  unit: "/min",
  scale: 1,
  offset: 0,
});

function batch(rows: readonly (readonly [number, number])[], status: number = StatusCode.Good): ReadingBatch {
  return {
    count: rows.length,
    tag: Uint32Array.from(rows, ([index]) => index),
    value: Float64Array.from(rows, ([, value]) => value),
    status: new Uint32Array(rows.length).fill(status),
    sourceTimeUs: new Float64Array(rows.length),
    agentTimeUs: 1,
    sequence: new Float64Array(rows.length).fill(1),
    other: new Map(),
  };
}

const alarm = (id: string, state: Alarm["state"], raisedUs = 1): Alarm => ({
  id,
  machine: "m",
  sensor: "s",
  state,
  severity: "alarm",
  raisedUs,
  peakAnomaly: 1,
  reason: "anomaly",
  evidence: {},
});

const device = (name: string, isKept = false, tags: readonly string[] = []) => ({
  name,
  protocol: "auto" as const,
  isKept,
  tags,
});

function mirror() {
  return createMirror({
    nowUs: () => 42,
    counters: () => ({ readings: 3 }),
    acknowledge: () => undefined,
    relearn: () => true,
    identify: () => "started",
    inhibit: async () => ({ kind: "done" }),
    inhibits: () => [],
    about: { version: "1", startedUs: 1 },
  });
}

describe("mirror", () => {
  it("holds the newest reading of each tag and tells listeners of those that machines show, until they leave", () => {
    const plant = mirror();
    const machine = { id: "m", name: "m", path: tag("b").path, sensors: [], tags: [tag("b").id] };
    plant.setPlant([machine], [tag("a"), tag("b")], [device("plc")]);
    const seen: PlantChange[] = [];
    const leave = plant.subscribe((change) => seen.push(change));
    plant.onReadings(
      batch([
        [0, 1],
        [1, 2],
      ]),
    );
    plant.onReadings(batch([[1, 5]]));
    expect([plant.newestReading(0)?.value, plant.newestReading(1)?.value]).toEqual([1, 5]);
    leave();
    plant.onReadings(batch([[0, 9]]));
    expect(seen).toEqual([
      { kind: "reading", tag: 1 },
      { kind: "reading", tag: 1 },
    ]);
    expect(plant.newestReading(7)).toBeUndefined();
  });

  it("keeps what it knows when the plant grows, and forgets devices that are gone", () => {
    const plant = mirror();
    plant.setPlant([], [tag("a")], [device("old"), device("plc"), device("changed")]);
    plant.onReadings(batch([[0, 1]]));
    for (const name of ["plc", "changed"])
      plant.onDevice(name, { kind: "link", up: true, reason: "connected" });
    plant.setPlant([], [tag("a"), tag("b")], [device("plc", true), device("changed"), device("new")]);
    expect(plant.newestReading(0)?.value).toBe(1);
    expect(plant.status().devices.map((device) => [device.name, device.up])).toEqual([
      ["plc", true],
      ["changed", false],
      ["new", false],
    ]);
    expect(plant.status().counters).toEqual({ readings: 3 });
  });

  it("keeps who a device is, how it is read and what is wrong with it, until its link comes up", () => {
    const plant = mirror();
    plant.setPlant([], [], [device("plc")]);
    const diagnosis = { code: "PORT_CLOSED", observed: "reset" } as const;
    const state = () => plant.status().devices[0];
    plant.onDevice("plc", { kind: "identified", fingerprint: fingerprint() });
    plant.onDevice("plc", { kind: "profile", profile: s7Profile() });
    plant.onDevice("plc", { kind: "link", up: false, reason: "reset", diagnosis });
    expect(state()).toMatchObject({
      up: false,
      reason: "reset",
      diagnosis,
      fingerprint: { family: "S7-300" },
      profile: { mode: "s7-native" },
    });
    plant.onDevice("plc", { kind: "link", up: true, reason: "connected" });
    expect(state()).not.toHaveProperty("diagnosis");
    plant.onDevice("plc", { kind: "diagnosis", diagnosis });
    expect(state()).toMatchObject({ up: true, diagnosis });
    plant.onDevice("plc", { kind: "diagnosis", diagnosis: undefined });
    expect(state()).not.toHaveProperty("diagnosis");
    plant.onDevice("gone", { kind: "link", up: true, reason: "connected" });
    expect(plant.status().devices).toHaveLength(1);
    expect(plant.identify("plc")).toBe("started");
  });

  it("counts the tags of each device whose newest value can be used", () => {
    const plant = mirror();
    plant.setPlant(
      [],
      [tag("a"), tag("b"), tag("c")],
      [device("plc", false, ["a", "b", "c"]), device("none")],
    );
    plant.onReadings(batch([[0, 1]]));
    plant.onReadings(batch([[1, 1]], StatusCode.BadTimeout));
    expect(plant.status().devices.map(({ tags }) => tags)).toEqual([
      { total: 3, good: 1 },
      { total: 0, good: 0 },
    ]);
  });

  it("lists alarms newest first and lets go of the oldest cleared ones only", () => {
    const plant = mirror();
    plant.onAlarm(alarm("open", "unacknowledged-active", 0));
    for (let i = 1; i <= 120; i += 1) plant.onAlarm(alarm(`closed ${i}`, "normal", i));
    expect(plant.alarms()).toHaveLength(101);
    expect(plant.alarms()[0]?.id).toBe("closed 120");
    expect(plant.alarms().at(-1)?.id).toBe("open");
  });

  it("answers for scores, health and waveforms, and says unknown before it knows", () => {
    const plant = mirror();
    const score = { machine: "m", sensor: "s" } as Score;
    expect(plant.health("m")).toEqual({ machine: "m", timeUs: 42, state: "unknown", baselineProgress: 0 });
    plant.onScore(score);
    plant.onHealth({ machine: "m", timeUs: 1, state: "healthy", index: 97, baselineProgress: 1 });
    expect(plant.newestScore("s")).toBe(score);
    expect(plant.health("m").index).toBe(97);
    expect(plant.newestWaveform("s")).toBeUndefined();
    expect(plant.machines).toEqual([]);
    expect(plant.relearn("m", "me")).toBe(true);
  });
});

describe("shaft speed", () => {
  const machine = (more: Partial<Machine>): Machine => ({
    id: "m",
    name: "m",
    path,
    sensors: [],
    tags: [],
    ...more,
  });

  it("follows its tag, in hertz, whichever way the shaft turns", () => {
    const speed = createShaftSpeed();
    speed.setMachines([machine({ speedTag: "b", speedToHz: 1 / 60 })], [tag("a"), tag("b")]);
    expect(speed.of("m")).toBe(0);
    speed.onReadings(
      batch([
        [0, 7],
        [1, -1500],
      ]),
    );
    expect(speed.of("m")).toBe(25);
  });

  it("is unknown as soon as its tag is bad, never the last speed", () => {
    const speed = createShaftSpeed();
    speed.setMachines([machine({ speedTag: "a" })], [tag("a")]);
    speed.onReadings(batch([[0, 25]]));
    speed.onReadings(batch([[0, 25]], StatusCode.BadNotConnected));
    expect(speed.of("m")).toBe(0);
  });

  it("is the nominal speed where no tag holds it, and survives a reload", () => {
    const speed = createShaftSpeed();
    speed.setMachines([machine({ nominalShaftHz: 24 }), machine({ id: "n", speedTag: "a" })], [tag("a")]);
    speed.onReadings(batch([[0, 30]]));
    speed.setMachines([machine({ nominalShaftHz: 24 }), machine({ id: "n", speedTag: "a" })], [tag("a")]);
    expect([speed.of("m"), speed.of("n"), speed.of("other")]).toEqual([24, 30, 0]);
  });
});
