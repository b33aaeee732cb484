import type {
  AlarmDto,
  FeedMessage,
  MachineDto,
  ScoreDto,
  SpectrogramDto,
} from "../../edge-agent/src/core/feed.ts";
import type { HealthState } from "../../edge-agent/src/core/health.ts";
import type { Reading } from "../../edge-agent/src/core/reading.ts";

/** A plant that says what a test wants: six machines in two areas, each with one sensor and three tags. */
export interface Cast {
  readonly name: string;
  readonly area: string;
  readonly line: string;
  readonly asset: string;
  readonly state: HealthState;
  readonly index?: number;
  readonly progress?: number;
  readonly anomaly: number;
}

export const SITE = "Riverside";

export const cast = [
  {
    name: "Feed pump P-101",
    area: "Boiler house",
    line: "Water",
    asset: "P-101",
    state: "alarm",
    index: 31,
    anomaly: 0.86,
  },
  {
    name: "Feed pump P-102",
    area: "Boiler house",
    line: "Water",
    asset: "P-102",
    state: "healthy",
    index: 97,
    anomaly: 0.08,
  },
  {
    name: "Draught fan F-201",
    area: "Boiler house",
    line: "Air",
    asset: "F-201",
    state: "warning",
    index: 58,
    anomaly: 0.55,
  },
  {
    name: "Exhaust fan F-202",
    area: "Boiler house",
    line: "Air",
    asset: "F-202",
    state: "healthy",
    index: 99,
    anomaly: 0.05,
  },
  {
    name: "Mixer gearbox G-301",
    area: "Mixing",
    line: "Batch 1",
    asset: "G-301",
    state: "learning",
    progress: 0.43,
    anomaly: 0,
  },
  {
    name: "Crusher motor M-302",
    area: "Mixing",
    line: "Batch 1",
    asset: "M-302",
    state: "healthy",
    index: 94,
    anomaly: 0.12,
  },
] as const satisfies readonly Cast[];

export const machineId = ({ area, line, asset }: Cast): string => [SITE, area, line, "C1", asset].join("/");
export const sensorId = (member: Cast): string => `${machineId(member)}/vibration`;

const iso = (ms: number): string => new Date(ms).toISOString();

export function reading(
  tag: string,
  value: Reading["value"],
  unit: string,
  ms: number,
  sequence: number,
): Reading {
  return {
    tag,
    value,
    unit,
    quality: "good",
    statusCode: 0,
    status: "Good",
    sourceTime: iso(ms),
    agentTime: iso(ms),
    sequence,
    device: "plc1",
    protocol: "s7",
    address: "DB1,REAL0",
  };
}

export function score(member: Cast, ms: number, sequence: number, anomaly = member.anomaly): ScoreDto {
  const unusual = anomaly >= 0.5;
  const common = {
    machine: machineId(member),
    sensor: sensorId(member),
    time: iso(ms),
    sequence,
    model: "listener 1.0.0",
    shaftHz: 24.75,
    sensorState: "valid" as const,
    latencyMs: 9.4,
    features: {
      rms: 0.9 + anomaly,
      peak: 4.1 + 4 * anomaly,
      crest: 4.4,
      kurtosis: 3.1 + 4 * anomaly,
      skewness: 0.02,
      velocityRms: 1.6 + 3 * anomaly,
      lines: [
        { name: "BPFO" as const, foundHz: 88.6, expectedHz: 88.3, prominenceDb: 6 + 18 * anomaly },
        { name: "BPFI" as const, foundHz: 134.9, expectedHz: 134.2, prominenceDb: 4.2 },
      ],
    },
  };
  if (member.state === "learning") return { ...common, state: "learning", anomaly: 0 };
  return {
    ...common,
    state: "scored",
    anomaly,
    votes: { network: unusual, spectrum: unusual, rms: anomaly > 0.8 },
    faultHint: unusual ? "outer-race" : "healthy",
    spectrumRatio: 0.6 + anomaly,
    rmsRatio: 0.5 + 0.65 * anomaly,
  };
}

export function machine(member: Cast, ms: number): MachineDto {
  const id = machineId(member);
  const tags = [
    { id: `${id}/temperature`, name: "Bearing temperature", unit: "Cel" },
    { id: `${id}/current`, name: "Motor current", unit: "A" },
    { id: `${id}/speed`, name: "Shaft speed", unit: "Hz" },
  ];
  return {
    id,
    name: member.name,
    path: { site: SITE, area: member.area, line: member.line, cell: "C1", asset: member.asset },
    sensors: [{ id: sensorId(member), name: "Drive end" }],
    tags: [...tags, { id: `${id}/running`, name: "Running", unit: "1" }],
    health: {
      machine: id,
      time: iso(ms),
      state: member.state,
      ...(member.index === undefined ? {} : { index: member.index }),
      baselineProgress: member.progress ?? 1,
    },
    scores: [score(member, ms, 1)],
    readings: [
      reading(`${id}/temperature`, 58.25, "Cel", ms, 1),
      {
        ...reading(`${id}/current`, null, "A", ms, 1),
        quality: "bad",
        status: "BadTimeout",
        statusCode: 0x800a0000,
      },
      reading(`${id}/speed`, 24.75, "Hz", ms, 1),
      reading(`${id}/running`, true, "1", ms, 1),
    ],
    openAlarms: member.state === "alarm" || member.state === "warning" ? 1 : 0,
  };
}

export function alarmOf(member: Cast, ms: number): AlarmDto {
  const isAlarm = member.state === "alarm";
  return {
    id: `alarm-${member.asset}`,
    machine: machineId(member),
    sensor: sensorId(member),
    state: "unacknowledged-active",
    severity: isAlarm ? "alarm" : "warning",
    raisedTime: iso(ms - (isAlarm ? 240_000 : 3_900_000)),
    peakAnomaly: member.anomaly,
    reason: isAlarm ? "bearing-outer-race" : "anomaly",
    evidence: {
      anomaly: member.anomaly,
      votes: isAlarm ? "network+spectrum+rms" : "network+spectrum",
      rmsRatio: 1.06,
      spectrumRatio: 1.46,
      velocityRms: 4.18,
      shaftHz: 24.75,
      hint: "outer-race",
      ...(isAlarm ? { line: "BPFO", foundHz: 88.6, expectedHz: 88.3, prominenceDb: 21.5 } : {}),
    },
  };
}

export function snapshot(ms: number, members: readonly Cast[] = cast): FeedMessage {
  return {
    kind: "snapshot",
    time: iso(ms),
    agent: { version: "0.1.0", model: "listener 1.0.0" },
    machines: members.map((member) => machine(member, ms)),
    alarms: members
      .filter(({ state }) => state === "alarm" || state === "warning")
      .map((member) => alarmOf(member, ms)),
  };
}

export const change = (ms: number, part: Partial<Extract<FeedMessage, { kind: "change" }>>): FeedMessage => ({
  kind: "change",
  time: iso(ms),
  health: [],
  scores: [],
  readings: [],
  alarms: [],
  ...part,
});

/** Noise with lines and, for a fault, impacts: something to look at. */
export function spectrogram(sensor: string, ms: number, fault: number): SpectrogramDto {
  const rows = 96;
  const columns = 80;
  let state = 12_345;
  const noise = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const db = Array.from({ length: rows * columns }, (_, i) => {
    const row = Math.floor(i / columns);
    const column = i % columns;
    const line = row === 6 || row === 12 ? 22 : 0;
    const hump = 14 * Math.exp(-(((row - 58) / 9) ** 2));
    const impact = fault * 24 * Math.exp(-(((row - 58) / 14) ** 2)) * (column % 9 < 2 ? 1 : 0);
    return Math.round((-62 + 9 * noise() + line + hump + impact - row * 0.09) * 10) / 10;
  });
  return { sensor, firstSampleTime: iso(ms), rows, columns, maxHz: 6400, seconds: 1.28, db };
}
