import type {
  AlarmDto,
  DisagreementDto,
  FrameDto,
  MachineDto,
  ModelsDto,
  Reading,
  ScoreDto,
  SpectrogramDto,
  TrialDto,
} from "@stethos/edge-agent/core";
import type { Change, Snapshot } from "../stream/message.ts";

/** 2026-11-22T08:00:00Z */
export const T0 = Date.UTC(2026, 10, 22, 8, 0, 0);
export const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();

export const makeReading = (tag: string, more: Partial<Reading> = {}): Reading => ({
  tag,
  value: 58.25,
  unit: "Cel",
  quality: "good",
  statusCode: 0,
  status: "Good",
  sourceTime: at(0),
  agentTime: at(0),
  sequence: 1,
  device: "plc1",
  protocol: "s7",
  address: "DB1,REAL0",
  ...more,
});

export const makeScore = (machine: string, more: Partial<ScoreDto> = {}): ScoreDto => ({
  machine,
  sensor: `${machine}/vibration`,
  time: at(0),
  sequence: 1,
  model: "listener 1.0.0",
  shaftHz: 24.75,
  sensorState: "valid",
  state: "scored",
  anomaly: 0.1,
  latencyMs: 9,
  ...more,
});

export const makeAlarm = (id: string, machine: string, more: Partial<AlarmDto> = {}): AlarmDto => ({
  id,
  machine,
  sensor: `${machine}/vibration`,
  state: "unacknowledged-active",
  severity: "alarm",
  raisedTime: at(0),
  peakAnomaly: 0.86,
  reason: "bearing-outer-race",
  evidence: {},
  ...more,
});

export function makeMachine(id: string, more: Partial<MachineDto> = {}): MachineDto {
  return {
    id,
    name: `Pump ${id}`,
    path: { site: "S", area: "A", line: "L", cell: "C", asset: id },
    sensors: [{ id: `${id}/vibration`, name: "Drive end" }],
    tags: [
      { id: `${id}/temperature`, name: "Temperature", unit: "Cel" },
      { id: `${id}/running`, name: "Running", unit: "1" },
    ],
    health: { machine: id, time: at(0), state: "healthy", index: 97, baselineProgress: 1 },
    scores: [makeScore(id)],
    readings: [makeReading(`${id}/temperature`)],
    openAlarms: 0,
    ...more,
  };
}

export const makeSnapshot = (
  machines: readonly MachineDto[],
  alarms: readonly AlarmDto[] = [],
): Snapshot => ({
  kind: "snapshot",
  time: at(0),
  agent: { version: "0.1.0", model: "listener 1.0.0" },
  machines,
  alarms,
});

export const makeChange = (more: Partial<Change>): Change => ({
  kind: "change",
  time: at(1),
  health: [],
  scores: [],
  readings: [],
  alarms: [],
  ...more,
});

export const makeSpectrogram = (more: Partial<SpectrogramDto> = {}): SpectrogramDto => ({
  sensor: "M1/vibration",
  firstSampleTime: at(0),
  rows: 2,
  columns: 3,
  maxHz: 100,
  seconds: 0.5,
  db: [-60, -60, -60, -20, -20, -20],
  ...more,
});

export const makeTrial = (more: Partial<TrialDto> = {}): TrialDto => ({
  id: "trial-1",
  challenger: {
    name: "listener",
    version: "1.1.0",
    digest: "2".repeat(64),
    sequence: 2,
    sinceTime: at(-1500),
    role: "challenger",
  },
  stage: "canary",
  startedTime: at(-1500),
  stageSinceTime: at(-420),
  because: "drift",
  share: 0.05,
  hears: 1,
  evidence: {
    frames: 2412,
    blocks: 318,
    disagreements: 27,
    disagreementPoints: 1.12,
    better: 6,
    worse: 1,
    notSure: 2,
    unlabelled: 18,
    evidenceBetter: 2.286,
    evidenceWorse: 0.1,
    evidenceNeeded: 100,
    gainPoints: 0.25,
    gainNeededPoints: 0.5,
    latency: { p50: { percent: 1.5, low: -2, high: 3 }, p99: { percent: null, low: null, high: null } },
    latencyMostPercent: 5,
    errors: { champion: 0, challenger: 1 },
    abnormal: { champion: 41, challenger: 1055 },
    golden: { frames: 200, championRight: 191, challengerRight: 196 },
  },
  waitsFor: [{ code: "labels", have: 7, need: 25 }],
  ...more,
});

export const makeModels = (more: Partial<ModelsDto> = {}): ModelsDto => ({
  champion: {
    name: "listener",
    version: "1.0.0",
    digest: "1".repeat(64),
    sequence: 1,
    sinceTime: at(-86_400),
    role: "champion",
  },
  outcomes: [],
  drift: {
    needed: 3,
    counts: { blind: 0, confirmed: 0, learning: 0, stable: 0, warning: 0 },
    worst: [],
  },
  objective: { state: "kept", errorPercent: 0, frames: 100 },
  registry: { name: "s3 models", reachable: true, reason: "" },
  ...more,
});

export const makeDisagreement = (frame: string, more: Partial<DisagreementDto> = {}): DisagreementDto => ({
  frame,
  machine: "M1",
  sensor: "M1/vibration",
  time: at(0),
  championSays: "healthy",
  challengerSays: "anomalous",
  ...more,
});

export const makeFrame = (id: string, more: Partial<FrameDto> = {}): FrameDto => ({
  id,
  kind: "disagreement",
  machine: "M1",
  sensor: "M1/vibration",
  unit: "[g]",
  time: at(0),
  sampleRateHz: 12_800,
  shaftHz: 24.75,
  model: "listener 1.0.0",
  probability: 0.2,
  challengerProbability: 0.9,
  spectrogram: makeSpectrogram(),
  ...more,
});
