import type { AlarmDto, MachineDto, Reading, ScoreDto, SpectrogramDto } from "@stethos/edge-agent/core";
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
