import type { DriftState } from "../drift/drift-types.ts";
import type { Label } from "../label.ts";
import { rfc3339 } from "../time.ts";
import type { Timed } from "../timed.ts";
import type {
  AuditEntry,
  Disagreement,
  EvidenceReport,
  ModelSummary,
  OutcomeReport,
  RolloutReport,
  TrialReport,
  Wait,
} from "./rollout-report.ts";

// What screens are told of models: the report's own words, times in RFC 3339, and figures that JSON can write.

export type ModelSummaryDto = Timed<ModelSummary>;
export type OutcomeDto = Timed<OutcomeReport>;
export type DriftStateDto = Timed<DriftState>;
export type DisagreementDto = Timed<Disagreement>;
export type AuditEntryDto = Timed<AuditEntry>;
export type LabelDto = Timed<Label>;

/** Per cent; null where nothing is known yet. */
export interface LatencyDto {
  readonly percent: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface EvidenceDto extends Omit<EvidenceReport, "latency"> {
  readonly latency: Readonly<Record<"p50" | "p99", LatencyDto>>;
}

export type WaitDto =
  | Exclude<Wait, { readonly code: "latency-sure" }>
  | { readonly code: "latency-sure"; readonly highPercent: number | null; readonly mostPercent: number };

export interface TrialDto
  extends Omit<Timed<TrialReport>, "challenger" | "evidence" | "paused" | "waitsFor"> {
  readonly challenger: ModelSummaryDto;
  readonly paused?: { readonly by: string; readonly sinceTime: string } | undefined;
  readonly evidence: EvidenceDto;
  readonly waitsFor: readonly WaitDto[];
}

export interface ModelsDto {
  readonly champion: ModelSummaryDto;
  readonly previous?: ModelSummaryDto | undefined;
  readonly trial?: TrialDto | undefined;
  /** Newest first, a few. */
  readonly outcomes: readonly OutcomeDto[];
  readonly drift: {
    readonly needed: number;
    /** How many sensors are in each state. */
    readonly counts: Readonly<Record<DriftState["kind"], number>>;
    /** Those farthest from their reference, worst first. */
    readonly worst: readonly DriftStateDto[];
    readonly wanting?: { readonly sinceTime: string; readonly requested: boolean } | undefined;
  };
  readonly objective: RolloutReport["objective"];
  readonly registry: Timed<RolloutReport["registry"]>;
}

/** There may be ten thousand sensors; a screen shows those that matter. */
const MOST_DRIFTING = 50;
const MOST_OUTCOMES = 20;
/** A weight of evidence beyond which nobody asks how far; the e-value itself may outgrow a double. */
const MOST_EVIDENCE = 1e15;

export function modelsDto(report: RolloutReport): ModelsDto {
  const { champion, previous, trial, outcomes, drift, objective, registry } = report;
  return {
    champion: modelSummaryDto(champion),
    ...(previous && { previous: modelSummaryDto(previous) }),
    ...(trial && { trial: trialDto(trial) }),
    outcomes: outcomes.slice(0, MOST_OUTCOMES).map(outcomeDto),
    drift: {
      needed: drift.needed,
      counts: driftCounts(drift.sensors),
      worst: worstFirst(drift.sensors).slice(0, MOST_DRIFTING).map(driftStateDto),
      ...(drift.wanting && {
        wanting: { sinceTime: rfc3339(drift.wanting.sinceUs), requested: drift.wanting.requested },
      }),
    },
    objective: { ...objective, errorPercent: finite(objective.errorPercent) },
    registry: registryDto(registry),
  };
}

const modelSummaryDto = ({ sinceUs, ...rest }: ModelSummary): ModelSummaryDto => ({
  ...rest,
  sinceTime: rfc3339(sinceUs),
});

const outcomeDto = ({ timeUs, ...rest }: OutcomeReport): OutcomeDto => ({ ...rest, time: rfc3339(timeUs) });

const driftStateDto = ({ sinceUs, ratio, ...rest }: DriftState): DriftStateDto => ({
  ...rest,
  ...(ratio !== undefined && { ratio: finite(ratio) }),
  sinceTime: rfc3339(sinceUs),
});

export const disagreementDto = ({ timeUs, ...rest }: Disagreement): DisagreementDto => ({
  ...rest,
  time: rfc3339(timeUs),
});

export const auditEntryDto = ({ timeUs, ...rest }: AuditEntry): AuditEntryDto => ({
  ...rest,
  time: rfc3339(timeUs),
});

export const labelDto = ({ timeUs, ...rest }: Label): LabelDto => ({ ...rest, time: rfc3339(timeUs) });

function registryDto({ checkedUs, ...rest }: RolloutReport["registry"]): ModelsDto["registry"] {
  return { ...rest, ...(checkedUs !== undefined && { checkedTime: rfc3339(checkedUs) }) };
}

function trialDto(trial: TrialReport): TrialDto {
  const { challenger, startedUs, stageSinceUs, paused, evidence, waitsFor, ...rest } = trial;
  return {
    ...rest,
    challenger: modelSummaryDto(challenger),
    startedTime: rfc3339(startedUs),
    stageSinceTime: rfc3339(stageSinceUs),
    ...(paused && { paused: { by: paused.by, sinceTime: rfc3339(paused.sinceUs) } }),
    evidence: evidenceDto(evidence),
    waitsFor: waitsFor.map(waitDto),
  };
}

function evidenceDto({ latency, ...rest }: EvidenceReport): EvidenceDto {
  return {
    ...rest,
    disagreementPoints: finite(rest.disagreementPoints),
    evidenceBetter: finite(rest.evidenceBetter),
    evidenceWorse: finite(rest.evidenceWorse),
    gainPoints: finite(rest.gainPoints),
    latency: { p50: latencyDto(latency.p50), p99: latencyDto(latency.p99) },
  };
}

const latencyDto = ({ percent, low, high }: EvidenceReport["latency"]["p50"]): LatencyDto => ({
  percent: known(percent),
  low: known(low),
  high: known(high),
});

function waitDto(wait: Wait): WaitDto {
  if (wait.code === "latency-sure") return { ...wait, highPercent: known(wait.highPercent) };
  if (wait.code === "evidence" || wait.code === "gain-points") return { ...wait, have: finite(wait.have) };
  return wait;
}

/** JSON has no infinity and no NaN. */
const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

const finite = (value: number): number =>
  Number.isNaN(value) ? 0 : Math.max(-MOST_EVIDENCE, Math.min(MOST_EVIDENCE, value));

export function driftCounts(sensors: readonly DriftState[]): Record<DriftState["kind"], number> {
  const counts = { blind: 0, confirmed: 0, learning: 0, stable: 0, warning: 0 };
  for (const { kind } of sensors) counts[kind] += 1;
  return counts;
}

const URGENCY: Readonly<Record<DriftState["kind"], number>> = {
  confirmed: 0,
  warning: 1,
  blind: 2,
  stable: 3,
  learning: 4,
};

/** What a person should look at first: confirmed drift, warnings, blind sensors; within each the largest ratio. */
const worstFirst = (sensors: readonly DriftState[]): readonly DriftState[] =>
  sensors.toSorted(
    (a, b) =>
      URGENCY[a.kind] - URGENCY[b.kind] ||
      b.warnings - a.warnings ||
      (b.ratio ?? 0) - (a.ratio ?? 0) ||
      (a.sensor < b.sensor ? -1 : 1),
  );
