import type {
  AuditEntryDto,
  DisagreementDto,
  DriftStateDto,
  EvidenceDto,
  FrameDto,
  LabelDto,
  ModelSummaryDto,
  ModelsDto,
  OutcomeDto,
  RolloutReason,
  Stage,
  TrialDto,
  WaitDto,
} from "@stethos/edge-agent/core";
import type { ModelsNews } from "./message.ts";
import {
  count,
  flag,
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
  variants,
} from "./shape.ts";
import { spectrogram } from "./spectrogram-shape.ts";

const identity = { name: text, version: text, digest: text };

const summary: Shape<ModelSummaryDto> = object({
  ...identity,
  sequence: count,
  sinceTime: time,
  role: oneOf("champion", "challenger", "previous"),
});

export const stage: Shape<Stage> = oneOf(
  "verify",
  "load",
  "warm",
  "golden",
  "shadow",
  "canary",
  "full",
  "soak",
  "commit",
  "rollback",
);

export const reason: Shape<RolloutReason> = variants("code", {
  "accuracy-fell": object({ code: oneOf("accuracy-fell"), evidence: number, better: count, worse: count }),
  "accuracy-rose": object({ code: oneOf("accuracy-rose"), evidence: number, gainPoints: number }),
  "alarms-rose": object({ code: oneOf("alarms-rose"), champion: count, challenger: count }),
  "by-hand": object({ code: oneOf("by-hand"), by: text }),
  "disagreement-too-small": object({
    code: oneOf("disagreement-too-small"),
    points: number,
    neededPoints: number,
  }),
  errors: object({ code: oneOf("errors"), failed: count, frames: count }),
  "golden-worse": object({ code: oneOf("golden-worse"), champion: count, challenger: count, frames: count }),
  incompatible: object({ code: oneOf("incompatible"), what: text }),
  "latency-rose": object({ code: oneOf("latency-rose"), quantile: oneOf("p50", "p99"), percent: number }),
  "memory-rose": object({ code: oneOf("memory-rose"), mib: number }),
  recalled: object({ code: oneOf("recalled") }),
  refused: object({ code: oneOf("refused"), error: text, message: text }),
  restarted: object({ code: oneOf("restarted") }),
  "slo-broken": object({ code: oneOf("slo-broken"), percent: number, failed: count, frames: count }),
  "trial-too-long": object({ code: oneOf("trial-too-long"), frames: count, hours: number }),
});

const amount = { have: number, need: number };
const counted = object({ code: oneOf("frames", "labels", "soak-minutes"), ...amount });

const wait: Shape<WaitDto> = variants("code", {
  frames: counted,
  labels: counted,
  "soak-minutes": counted,
  evidence: object({ code: oneOf("evidence"), ...amount }),
  "gain-points": object({ code: oneOf("gain-points"), ...amount }),
  "latency-sure": object({ code: oneOf("latency-sure"), highPercent: nullable(number), mostPercent: number }),
  "decision-by-hand": object({ code: oneOf("decision-by-hand") }),
  working: object({ code: oneOf("working"), stage, progress: optional(number) }),
});

const latency = object({ percent: nullable(number), low: nullable(number), high: nullable(number) });
const both = object({ champion: count, challenger: count });

const evidence: Shape<EvidenceDto> = object({
  frames: count,
  blocks: count,
  disagreements: count,
  disagreementPoints: number,
  better: count,
  worse: count,
  notSure: count,
  unlabelled: count,
  evidenceBetter: number,
  evidenceWorse: number,
  evidenceNeeded: number,
  gainPoints: number,
  gainNeededPoints: number,
  latency: object({ p50: latency, p99: latency }),
  latencyMostPercent: number,
  errors: both,
  abnormal: both,
  golden: optional(object({ frames: count, championRight: count, challengerRight: count })),
});

const trial: Shape<TrialDto> = object({
  id: text,
  challenger: summary,
  stage,
  startedTime: time,
  stageSinceTime: time,
  because: oneOf("by-hand", "drift", "published", "recall"),
  paused: optional(object({ by: text, sinceTime: time })),
  share: number,
  hears: number,
  evidence,
  waitsFor: kept(wait),
});

const outcome: Shape<OutcomeDto> = object({
  kind: oneOf("inconclusive", "promoted", "rolled-back"),
  trial: text,
  model: object(identity),
  reason,
  time,
});

const driftState: Shape<DriftStateDto> = object({
  machine: text,
  sensor: text,
  kind: oneOf("blind", "confirmed", "learning", "stable", "warning"),
  warnings: count,
  progress: number,
  layer: optional(oneOf("embedding", "input", "output")),
  ratio: optional(number),
  sinceTime: time,
});

export const models: Shape<ModelsDto> = object({
  champion: summary,
  previous: optional(summary),
  trial: optional(trial),
  outcomes: kept(outcome),
  drift: object({
    needed: count,
    counts: object({ blind: count, confirmed: count, learning: count, stable: count, warning: count }),
    worst: kept(driftState),
    wanting: optional(object({ sinceTime: time, requested: flag })),
  }),
  objective: object({ state: oneOf("broken", "degraded", "kept"), errorPercent: number, frames: count }),
  registry: object({ name: text, reachable: flag, reason: text, checkedTime: optional(time) }),
});

export const modelsNews: Shape<ModelsNews> = object({ kind: oneOf("models"), time, models });

const verdict = oneOf("real", "false", "not-sure");
const says = oneOf("anomalous", "healthy");

const disagreement: Shape<DisagreementDto> = object({
  frame: text,
  machine: text,
  sensor: text,
  time,
  championSays: says,
  challengerSays: says,
  label: optional(verdict),
});

export const disagreements: Shape<readonly DisagreementDto[]> = kept(disagreement);

export const label: Shape<LabelDto> = object({
  frame: text,
  verdict,
  by: text,
  time,
  source: oneOf("operator", "work-order"),
  note: optional(text),
});

export const labels: Shape<readonly LabelDto[]> = list(label);

export const frame: Shape<FrameDto> = object({
  id: text,
  kind: oneOf("alarm", "disagreement", "drift", "random"),
  machine: text,
  sensor: text,
  unit: text,
  time,
  sampleRateHz: number,
  shaftHz: number,
  model: text,
  probability: number,
  challengerProbability: optional(number),
  alarm: optional(text),
  label: optional(label),
  spectrogram,
});

const auditEntry: Shape<AuditEntryDto> = object({
  sequence: count,
  time,
  by: text,
  what: text,
  detail: record((value: unknown) => value),
});

export const auditEntries: Shape<readonly AuditEntryDto[]> = kept(auditEntry);
