import type {
  AlarmDto,
  HealthDto,
  InhibitDto,
  MachineDto,
  Reading,
  ScoreDto,
} from "@stethos/edge-agent/core";
import type { Change, Heartbeat, Snapshot } from "./message.ts";
import { models } from "./model-shapes.ts";
import {
  count,
  either,
  flag,
  ifGood,
  kept,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  time,
} from "./shape.ts";

const scalar = either(number, either(flag, text));

const reading: Shape<Reading> = object({
  tag: text,
  value: nullable(either(scalar, list(scalar))),
  unit: text,
  quality: oneOf("good", "uncertain", "bad"),
  statusCode: number,
  status: text,
  sourceTime: time,
  agentTime: time,
  sequence: number,
  device: text,
  protocol: oneOf("s7", "s7-tunnel", "modbus-tcp", "modbus-rtu", "opcua", "auto"),
  address: text,
});

const health: Shape<HealthDto> = object({
  machine: text,
  time,
  state: oneOf("unknown", "learning", "healthy", "warning", "alarm", "sensor-fault", "offline"),
  index: optional(number),
  baselineProgress: number,
});

const features = object({
  rms: number,
  peak: number,
  crest: number,
  kurtosis: number,
  skewness: number,
  velocityRms: optional(number),
  lines: list(
    object({
      name: oneOf("BPFO", "BPFI", "BSF", "FTF"),
      foundHz: number,
      expectedHz: number,
      prominenceDb: number,
    }),
  ),
});

const score: Shape<ScoreDto> = object({
  machine: text,
  sensor: text,
  time,
  sequence: number,
  model: text,
  shaftHz: number,
  sensorState: oneOf("valid", "flat", "clipped", "disconnected", "bad-quality"),
  state: oneOf("scored", "degraded", "learning", "no-baseline", "not-scored"),
  anomaly: number,
  votes: optional(object({ network: optional(flag), spectrum: optional(flag), rms: optional(flag) })),
  faultHint: optional(oneOf("healthy", "inner-race", "outer-race", "ball", "shaft")),
  spectrumRatio: optional(number),
  rmsRatio: optional(number),
  features: optional(features),
  latencyMs: number,
});

export const inhibit: Shape<InhibitDto> = object({
  kind: oneOf("out-of-service", "shelved", "suppressed-by-design"),
  source: text,
  by: text,
  reason: text,
  fromTime: time,
  untilTime: optional(time),
});

export const alarm: Shape<AlarmDto> = object({
  id: text,
  machine: text,
  sensor: text,
  state: oneOf(
    "normal",
    "unacknowledged-active",
    "acknowledged-active",
    "unacknowledged-cleared",
    "suppressed",
  ),
  severity: oneOf("warning", "alarm"),
  priority: optional(oneOf("critical", "high", "medium", "low")),
  inhibit: optional(inhibit),
  raisedTime: time,
  clearedTime: optional(time),
  acknowledgedTime: optional(time),
  acknowledgedBy: optional(text),
  suppressedReason: optional(text),
  peakAnomaly: number,
  reason: text,
  evidence: record(either(number, text)),
});

const bearing: Shape<NonNullable<MachineDto["sensors"][number]["bearing"]>> = object({
  name: text,
  rollers: number,
  diameterRatio: number,
  contactAngleDeg: number,
});

const machine: Shape<MachineDto> = object({
  id: text,
  name: text,
  path: object({ site: text, area: text, line: text, cell: text, asset: text }),
  sensors: list(object({ id: text, name: text, bearing: optional(bearing) })),
  tags: list(object({ id: text, name: text, unit: text })),
  health,
  scores: kept(score),
  readings: kept(reading),
  openAlarms: count,
  worst: optional(oneOf("warning", "alarm")),
});

export const snapshot: Shape<Snapshot> = object({
  kind: oneOf("snapshot"),
  time,
  agent: object({ version: text, model: text }),
  machines: kept(machine),
  alarms: kept(alarm),
  models: ifGood(models),
});

export const change: Shape<Change> = object({
  kind: oneOf("change"),
  time,
  health: kept(health),
  scores: kept(score),
  readings: kept(reading),
  alarms: kept(alarm),
});

export const heartbeat: Shape<Heartbeat> = object({ kind: oneOf("heartbeat"), time });
