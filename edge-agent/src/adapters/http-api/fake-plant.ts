import type { Alarm } from "../../core/alarm-types.ts";
import type { HealthyBands } from "../../core/band-levels.ts";
import type { Health } from "../../core/health.ts";
import { allInhibits, type Inhibits, stepInhibits } from "../../core/inhibit.ts";
import type { Machine } from "../../core/machine.ts";
import type { Reading } from "../../core/reading.ts";
import type { Score } from "../../core/score.ts";
import { pathText, type Tag } from "../../core/tag.ts";
import type { Waveform } from "../../core/waveform.ts";
import type { History, StoredWaveform, Trend, TrendQuery } from "../../ports/history.ts";
import type { DeviceState, Plant, PlantChange } from "../../ports/plant.ts";

// A plant and a history in memory for the tests of this folder: two machines, three tags, one alarm.

/** 2023-11-14T22:13:20Z, where the manual clock begins. */
export const START_US = 1_700_000_000_000_000;

const path = { site: "bremen", area: "press shop", line: "l1", cell: "c1", asset: "pump 7" };
const otherPath = { ...path, asset: "fan-1" };
export const PUMP = pathText(path);
export const FAN = pathText(otherPath);
export const SENSOR = `${PUMP}/vibration`;
export const ALARM = `${SENSOR}@1`;

function tag(of: typeof path, name: string, unit: string): Tag {
  const id = `${pathText(of)}/${name}`;
  return {
    id,
    path: of,
    name,
    device: "plc1",
    protocol: "s7",
    address: "DB1,REAL0",
    unit,
    scale: 1,
    offset: 0,
  };
}

export const TAGS: readonly Tag[] = [
  tag(path, "temperature", "Cel"),
  tag(path, "current", "A"),
  { ...tag(otherPath, "speed", "/min"), deadband: 0.5 },
];

const MACHINES: readonly Machine[] = [
  {
    id: PUMP,
    name: "Pump 7",
    path,
    sensors: [
      {
        id: SENSOR,
        machine: PUMP,
        name: "drive end",
        waveform: 0,
        bearing: { name: "6205", rollers: 9, diameterRatio: 0.2, contactAngleDeg: 0 },
        unit: "[g]",
        toMetresPerSecondSquared: 9.80665,
      },
    ],
    nominalShaftHz: 25,
    tags: [`${PUMP}/temperature`, `${PUMP}/current`],
  },
  { id: FAN, name: "Fan 1", path: otherPath, sensors: [], tags: [`${FAN}/speed`] },
];

/** A device that was found out and cannot be read. */
export const FOUND_OUT: DeviceState = {
  name: "press 3",
  protocol: "auto",
  up: false,
  reason: "reading is not allowed",
  since: START_US,
  tags: { total: 1, good: 0 },
  fingerprint: {
    host: "10.0.0.5",
    vendor: "Siemens",
    family: "S7-1200",
    orderNumber: "6ES7 212-1BE40-0XB0",
    firmware: "V4.2.1",
    nature: "plc",
    protocols: [{ id: "s7", port: 102, state: "speaks", hasDriver: true }],
    confidence: 0.97,
    evidence: [
      {
        probe: "s7",
        observed: "order number 6ES7 212-1BE40-0XB0",
        bytes: "36455337",
        supports: { vendor: "Siemens", family: "S7-1200" },
        weight: 0.95,
        source: "Siemens, order numbers",
      },
    ],
    facts: [],
    profile: {
      mode: "s7-native",
      port: 102,
      why: "it answers as a CPU does",
      connectTimeoutMs: 5000,
      requestTimeoutMs: 2000,
      minGapMs: 0,
      jobsInFlight: 1,
      localTsap: 0x0100,
      remoteTsap: 0x0301,
      pduSize: 240,
      maxReadBytes: 222,
      maxMergeGap: 64,
    },
    alternatives: [],
    diagnoses: [],
    spent: { connections: 1, frames: 6, ms: 61 },
    at: "2023-11-14T22:13:19Z",
  },
  diagnosis: { code: "S7_PUT_GET_OFF", observed: "error 8104 to a read of DB1" },
};

export function aReading(of: Tag, value: Reading["value"], sequence = 0): Reading {
  return {
    tag: of.id,
    value,
    unit: of.unit,
    quality: "good",
    statusCode: 0,
    status: "Good",
    sourceTime: "2023-11-14T22:13:20.000000Z",
    agentTime: "2023-11-14T22:13:20.000100Z",
    sequence,
    device: of.device,
    protocol: of.protocol,
    address: of.address,
  };
}

export const SCORE: Score = {
  machine: PUMP,
  sensor: SENSOR,
  timeUs: START_US,
  sequence: 12,
  model: "listener 1.0.0",
  shaftHz: 25,
  sensorState: "valid",
  state: "scored",
  anomaly: 0.75,
  votes: { network: true, spectrum: true, rms: false },
  faultHint: "outer-race",
  probabilities: [0.1, 0.1, 0.6, 0.1, 0.1],
  spectrumRatio: 1.5,
  rmsRatio: 0.5,
  features: {
    rms: 1.5,
    peak: 6,
    crest: 4,
    kurtosis: 5,
    skewness: 0.1,
    velocityRms: 2.5,
    lines: [{ name: "BPFO", foundHz: 89.5, expectedHz: 89.6, prominenceDb: 12 }],
  },
  latencyMs: 4.5,
};

export const HEALTH: Health = {
  machine: PUMP,
  timeUs: START_US,
  state: "alarm",
  index: 42,
  baselineProgress: 1,
};

export const OPEN_ALARM: Alarm = {
  id: ALARM,
  machine: PUMP,
  sensor: SENSOR,
  state: "unacknowledged-active",
  severity: "alarm",
  raisedUs: START_US,
  peakAnomaly: 0.8,
  reason: "bearing-outer-race",
  evidence: { line: "BPFO", prominenceDb: 12 },
};

/** A sine of amplitude 1 at 1000 Hz, 8192 samples at 8192 Hz. */
export function aWaveform(): Waveform {
  return {
    tag: 0,
    sampleRateHz: 8192,
    firstSampleTimeUs: START_US,
    sequence: 5,
    missed: 0,
    status: 0,
    samples: Float32Array.from({ length: 8192 }, (_, i) => Math.sin((2 * Math.PI * 1024 * i) / 8192)),
  };
}

export interface FakePlant extends Plant {
  machines: readonly Machine[];
  tags: readonly Tag[];
  readonly readings: Map<number, Reading>;
  readonly waveforms: Map<string, Waveform>;
  readonly listeners: number;
  readonly commands: string[];
  /** By "sensor shaftHz". */
  readonly healthy: Map<string, HealthyBands>;
  /** Sets the state and tells the listeners. */
  change(change: PlantChange, reading?: Reading): void;
}

export function createFakePlant(): FakePlant {
  const readings = new Map([[0, aReading(TAGS[0] as Tag, 61.5)]]);
  const waveforms = new Map([[SENSOR, aWaveform()]]);
  const scores = new Map([[SENSOR, SCORE]]);
  const healths = new Map([[PUMP, HEALTH]]);
  const alarms = new Map([[ALARM, OPEN_ALARM]]);
  let inhibits: Inhibits = new Map();
  const listeners = new Set<(change: PlantChange) => void>();
  const commands: string[] = [];
  const tell = (change: PlantChange): void => {
    for (const listener of listeners) listener(change);
  };
  return {
    machines: MACHINES,
    tags: TAGS,
    readings,
    waveforms,
    healthy: new Map(),
    commands,
    get listeners() {
      return listeners.size;
    },
    newestReading: (index) => readings.get(index),
    newestScore: (sensor) => scores.get(sensor),
    newestWaveform: (sensor) => waveforms.get(sensor),
    health: (machine) =>
      healths.get(machine) ?? { machine, timeUs: START_US, state: "unknown", baselineProgress: 0 },
    alarms: () => [...alarms.values()].sort((a, b) => b.raisedUs - a.raisedUs),
    status: () => ({
      version: "0.1.0",
      startedUs: START_US,
      model: { name: "listener", version: "1.0.0" },
      devices: [
        {
          name: "plc1",
          protocol: "s7",
          up: true,
          reason: "connected",
          since: START_US,
          tags: { total: 2, good: 2 },
        },
        {
          name: 'plc "2"\n',
          protocol: "opcua",
          up: false,
          reason: "no answer",
          since: START_US,
          tags: { total: 1, good: 0 },
        },
        FOUND_OUT,
      ],
      counters: { readings: 1200, framesScored: 7, "frames-scored": 1, scans_total: 3 },
      alarms: { inTenMinutes: 12, dropped: 0 },
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    acknowledge(id, by) {
      const alarm = alarms.get(id);
      commands.push(`acknowledge ${id} ${by}`);
      if (alarm?.state !== "unacknowledged-active") return undefined;
      const after: Alarm = {
        ...alarm,
        state: "acknowledged-active",
        acknowledgedUs: START_US,
        acknowledgedBy: by,
      };
      alarms.set(id, after);
      return after;
    },
    async inhibit(command) {
      const { kind, source, by } = command;
      commands.push(`${kind} ${source} ${by}`);
      if (source !== SENSOR) return { kind: "refused", why: "unknown" };
      const step = stepInhibits(inhibits, command, START_US);
      if (step.kind === "refused") return step;
      inhibits = step.inhibits;
      return step.kind === "set" ? { kind: "done", inhibit: step.inhibit } : { kind: "done" };
    },
    inhibits: () => allInhibits(inhibits),
    identify(device) {
      commands.push(`identify ${device}`);
      if (device === FOUND_OUT.name)
        return commands.filter((one) => one === `identify ${device}`).length > 1 ? "too-soon" : "started";
      return device === "plc1" ? "configured" : "unknown";
    },
    relearn(machine, by) {
      commands.push(`relearn ${machine} ${by}`);
      return machine === PUMP;
    },
    change(change, reading) {
      if (change.kind === "reading" && reading !== undefined) readings.set(change.tag, reading);
      if (change.kind === "score") scores.set(change.score.sensor, change.score);
      if (change.kind === "health") healths.set(change.health.machine, change.health);
      if (change.kind === "alarm") alarms.set(change.alarm.id, change.alarm);
      tell(change);
    },
  };
}

export interface FakeHistory extends History {
  /** What was asked of it. */
  readonly asked: string[];
  kept: readonly Alarm[];
  stored: readonly StoredWaveform[];
  /** Thrown by every question while it is set. */
  failure: Error | undefined;
  /** Questions wait for their signal instead of being answered. */
  hangs: boolean;
}

export function createFakeHistory(): FakeHistory {
  const nothing = (): void => {};
  async function answer<T>(question: string, value: T, signal: AbortSignal): Promise<T> {
    fake.asked.push(question);
    if (fake.failure !== undefined) throw fake.failure;
    if (fake.hangs) {
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    }
    return value;
  }
  const ask = (kind: string) => (id: string, query: TrendQuery, signal: AbortSignal) =>
    answer(`${kind} ${id} ${query.fromUs} ${query.toUs} ${query.buckets}`, aTrend(query), signal);
  const fake: FakeHistory = {
    asked: [],
    kept: [],
    stored: [{ sensor: SENSOR, unit: "[g]", waveform: aWaveform() }],
    failure: undefined,
    hangs: false,
    registerTags: nothing,
    append: nothing,
    appendScore: nothing,
    appendHealth: nothing,
    saveAlarm: nothing,
    saveWaveform: nothing,
    saveBaseline: nothing,
    removeBaseline: nothing,
    flush: async () => {},
    trend: ask("tag"),
    scoreTrend: ask("score"),
    healthTrend: ask("health"),
    alarms: ({ most, openOnly }, signal) => answer(`alarms ${most} ${openOnly}`, fake.kept, signal),
    alarm: (id, signal) =>
      answer(
        `alarm ${id}`,
        fake.kept.find((one) => one.id === id),
        signal,
      ),
    alarmStates: (id, signal) =>
      answer(
        `states ${id}`,
        fake.kept.filter((one) => one.id === id).map((alarm) => ({ atUs: alarm.raisedUs, alarm })),
        signal,
      ),
    waveforms: (alarm, signal) =>
      answer(`waveforms ${alarm}`, alarm === ALARM || alarm === "old" ? fake.stored : [], signal),
    baselines: async () => [],
    statistics: (signal) =>
      answer(
        "statistics",
        { bytes: 4096, readings: 1000, oldestUs: START_US, uncommitted: 3, lost: 0 },
        signal,
      ),
    close: async () => {},
  };
  return fake;
}

/** Two buckets, the second one empty. */
function aTrend({ fromUs, toUs }: TrendQuery): Trend {
  const step = (toUs - fromUs) / 2;
  return {
    timeUs: Float64Array.of(fromUs + step / 2, fromUs + step * 1.5),
    min: Float64Array.of(1, Number.NaN),
    max: Float64Array.of(3, Number.NaN),
    mean: Float64Array.of(2, Number.NaN),
  };
}
