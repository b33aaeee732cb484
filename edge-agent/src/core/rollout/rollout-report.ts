import type { DriftState } from "../drift/drift-types.ts";
import type { Role } from "../model.ts";
import type { TimeUs } from "../time.ts";

/** Where a trial stands. From anywhere to a rollback; "paused" and "inconclusive" are states, not accidents. */
export type Stage =
  | "verify"
  | "load"
  | "warm"
  | "golden"
  | "shadow"
  | "canary"
  | "full"
  | "soak"
  | "commit"
  | "rollback";

export const stages: readonly Stage[] = [
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
];

export type OutcomeKind = "inconclusive" | "promoted" | "rolled-back";

/** Why a trial ended or was not begun: a code with its figures, so that it can be told in any language. */
export type RolloutReason =
  | {
      readonly code: "accuracy-fell";
      readonly evidence: number;
      readonly better: number;
      readonly worse: number;
    }
  | { readonly code: "accuracy-rose"; readonly evidence: number; readonly gainPoints: number }
  | { readonly code: "alarms-rose"; readonly champion: number; readonly challenger: number }
  | { readonly code: "by-hand"; readonly by: string }
  | { readonly code: "disagreement-too-small"; readonly points: number; readonly neededPoints: number }
  | { readonly code: "errors"; readonly failed: number; readonly frames: number }
  | {
      readonly code: "golden-worse";
      readonly champion: number;
      readonly challenger: number;
      readonly frames: number;
    }
  | { readonly code: "incompatible"; readonly what: string }
  | { readonly code: "latency-rose"; readonly quantile: "p50" | "p99"; readonly percent: number }
  | { readonly code: "memory-rose"; readonly mib: number }
  | { readonly code: "recalled" }
  | { readonly code: "refused"; readonly error: string; readonly message: string }
  | { readonly code: "restarted" }
  | {
      readonly code: "slo-broken";
      readonly percent: number;
      readonly failed: number;
      readonly frames: number;
    }
  | { readonly code: "trial-too-long"; readonly frames: number; readonly hours: number };

/** What a trial waits for, and how far it is. */
export type Wait =
  | { readonly code: "frames" | "labels" | "soak-minutes"; readonly have: number; readonly need: number }
  | { readonly code: "evidence"; readonly have: number; readonly need: number }
  | { readonly code: "gain-points"; readonly have: number; readonly need: number }
  | { readonly code: "latency-sure"; readonly highPercent: number; readonly mostPercent: number }
  | { readonly code: "decision-by-hand" }
  | { readonly code: "working"; readonly stage: Stage; readonly progress?: number };

export interface ModelSummary {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly sequence: number;
  readonly sinceUs: TimeUs;
  readonly role: Role | "previous";
}

/** What is known so far about challenger against champion. Points are per cent points. */
export interface EvidenceReport {
  readonly frames: number;
  /** Blocks of frames of one machine close together in time: what counts once. */
  readonly blocks: number;
  readonly disagreements: number;
  readonly disagreementPoints: number;
  /** Labelled disagreements: the challenger right, the champion right, nobody can tell. */
  readonly better: number;
  readonly worse: number;
  readonly notSure: number;
  readonly unlabelled: number;
  /** E-values for "better" and "worse"; either decides at `evidenceNeeded`. */
  readonly evidenceBetter: number;
  readonly evidenceWorse: number;
  readonly evidenceNeeded: number;
  readonly gainPoints: number;
  readonly gainNeededPoints: number;
  /** Challenger over champion, same frames, per cent, with 95 % bounds. */
  readonly latency: Readonly<
    Record<"p50" | "p99", { readonly percent: number; readonly low: number; readonly high: number }>
  >;
  readonly latencyMostPercent: number;
  readonly errors: Readonly<Record<Role, number>>;
  /** Abnormal windows. */
  readonly abnormal: Readonly<Record<Role, number>>;
  readonly golden?: {
    readonly frames: number;
    readonly championRight: number;
    readonly challengerRight: number;
  };
}

export interface TrialReport {
  readonly id: string;
  readonly challenger: ModelSummary;
  readonly stage: Stage;
  readonly startedUs: TimeUs;
  readonly stageSinceUs: TimeUs;
  readonly because: "by-hand" | "drift" | "published" | "recall";
  readonly paused?: { readonly by: string; readonly sinceUs: TimeUs };
  /** Of the frames on which the challenger acts, 0..1. */
  readonly share: number;
  /** Of the frames that it hears, 0..1: at least the share. */
  readonly hears: number;
  readonly evidence: EvidenceReport;
  readonly waitsFor: readonly Wait[];
}

export interface OutcomeReport {
  readonly kind: OutcomeKind;
  readonly trial: string;
  readonly model: Pick<ModelSummary, "digest" | "name" | "version">;
  readonly reason: RolloutReason;
  readonly timeUs: TimeUs;
}

/** All that a screen shows of models. */
export interface RolloutReport {
  readonly champion: ModelSummary;
  readonly previous?: ModelSummary;
  readonly trial?: TrialReport;
  /** Newest first, a few. */
  readonly outcomes: readonly OutcomeReport[];
  readonly drift: {
    readonly needed: number;
    readonly sensors: readonly DriftState[];
    /** Set when drift was confirmed and no candidate was there. */
    readonly wanting?: { readonly sinceUs: TimeUs; readonly requested: boolean };
  };
  /** Inference errors of the champion against its objective; "degraded": threshold alarms only. */
  readonly objective: {
    readonly state: "broken" | "degraded" | "kept";
    readonly errorPercent: number;
    readonly frames: number;
  };
  readonly registry: {
    readonly name: string;
    readonly reachable: boolean;
    /** What is wrong with it, or with what it offers; "" where all is well. */
    readonly reason: string;
    /** The code of that: REGISTRY_UNREACHABLE, MODEL_UNSIGNED, ... */
    readonly code?: string;
    readonly checkedUs?: TimeUs;
  };
}

/** One line of the audit log. */
export interface AuditEntry {
  readonly sequence: number;
  readonly timeUs: TimeUs;
  /** Who: a person's name, or "agent". */
  readonly by: string;
  readonly what: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A frame on which the two models disagree. */
export interface Disagreement {
  readonly frame: string;
  readonly machine: string;
  readonly sensor: string;
  readonly timeUs: TimeUs;
  readonly championSays: "anomalous" | "healthy";
  readonly challengerSays: "anomalous" | "healthy";
  readonly label?: "false" | "not-sure" | "real";
}
