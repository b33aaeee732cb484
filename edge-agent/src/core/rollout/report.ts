import { evidenceOf, gainPointsOf } from "../gate/accuracy.ts";
import type { Evidence, OpenDisagreement } from "../gate/evidence.ts";
import type { GatePolicy } from "../gate/gate-policy.ts";
import { promotionWaits, unlabelledOf } from "../gate/judge.ts";
import { latencyChange } from "../gate/latency.ts";
import type { TimeUs } from "../time.ts";
import { hearsOf, shareOf } from "./effect.ts";
import type { RolloutPolicy } from "./rollout-policy.ts";
import type {
  Disagreement,
  EvidenceReport,
  ModelSummary,
  RolloutReport,
  TrialReport,
  Wait,
} from "./rollout-report.ts";
import type { Committed, RolloutState, Trial } from "./rollout-state.ts";
import { isPreparing } from "./trial.ts";

export interface Surroundings {
  readonly nowUs: TimeUs;
  readonly drift: RolloutReport["drift"];
  readonly objective: Omit<RolloutReport["objective"], "state"> & { readonly isBroken: boolean };
  readonly registry: RolloutReport["registry"];
  /** Of what is being done, 0..1. */
  readonly progress?: number;
}

export function rolloutReport(
  state: RolloutState,
  surroundings: Surroundings,
  policy: RolloutPolicy,
): RolloutReport {
  const { champion, previous, trial, outcomes, degradedSinceUs } = state;
  const { isBroken, errorPercent, frames } = surroundings.objective;
  return {
    champion: summaryOf(champion, "champion"),
    ...(previous && { previous: summaryOf(previous, "previous") }),
    ...(trial && { trial: trialReport(trial, surroundings, policy) }),
    outcomes,
    drift: surroundings.drift,
    objective: {
      state: degradedSinceUs !== undefined ? "degraded" : isBroken ? "broken" : "kept",
      errorPercent,
      frames,
    },
    registry: surroundings.registry,
  };
}

const summaryOf = ({ model, sinceUs }: Committed, role: ModelSummary["role"]): ModelSummary => ({
  name: model.name,
  version: model.version,
  digest: model.digest,
  sequence: model.sequence,
  sinceUs,
  role,
});

function trialReport(trial: Trial, surroundings: Surroundings, policy: RolloutPolicy): TrialReport {
  const { id, stage, startedUs, stageSinceUs, because, paused } = trial;
  return {
    id,
    challenger: summaryOf({ model: trial.challenger, sinceUs: startedUs }, "challenger"),
    stage,
    startedUs,
    stageSinceUs,
    because,
    ...(paused && { paused }),
    share: shareOf(trial, policy),
    hears: hearsOf(trial, policy),
    evidence: evidenceReport(trial.evidence, policy.gate),
    waitsFor: waitsOf(trial, surroundings, policy),
  };
}

export function evidenceReport(evidence: Evidence, gate: GatePolicy): EvidenceReport {
  const { accuracy, golden, failed, abnormalChampion, abnormalChallenger, latency } = evidence;
  const { better, worse, notSure, disagreements, frames } = accuracy;
  const weight = evidenceOf(accuracy);
  return {
    frames: evidence.frames,
    blocks: frames,
    disagreements,
    disagreementPoints: frames === 0 ? 0 : (disagreements / frames) * 100,
    better,
    worse,
    notSure,
    unlabelled: unlabelledOf(evidence),
    evidenceBetter: weight.better,
    evidenceWorse: weight.worse,
    evidenceNeeded: 1 / gate.alpha,
    gainPoints: gainPointsOf(accuracy),
    gainNeededPoints: gate.gainPoints,
    latency: {
      p50: latencyChange(latency, "p50", gate.alpha),
      p99: latencyChange(latency, "p99", gate.alpha),
    },
    latencyMostPercent: gate.latencyMostPercent,
    // Where the champion fails as well there is no pair: its errors are the objective's.
    errors: { champion: 0, challenger: failed },
    abnormal: { champion: abnormalChampion, challenger: abnormalChallenger },
    ...(golden && {
      golden: {
        frames: golden.frames,
        championRight: golden.championRight,
        challengerRight: golden.challengerRight,
      },
    }),
  };
}

function waitsOf(trial: Trial, { nowUs, progress }: Surroundings, policy: RolloutPolicy): readonly Wait[] {
  const { stage, evidence } = trial;
  if (trial.held !== undefined) return [{ code: "decision-by-hand" }];
  const paused: readonly Wait[] = trial.paused === undefined ? [] : [{ code: "decision-by-hand" }];
  if (stage === "shadow") {
    return [...paused, { code: "frames", have: evidence.accuracy.frames, need: policy.shadowFrames }];
  }
  if (stage === "canary") {
    const have = evidence.acted - trial.actedBefore;
    const frames: readonly Wait[] =
      have < policy.canaryFrames ? [{ code: "frames", have, need: policy.canaryFrames }] : [];
    const isLast = trial.canaryStep >= policy.canaryShares.length - 1;
    return [...paused, ...frames, ...(isLast ? promotionWaits(evidence, policy.gate) : [])];
  }
  if (stage === "soak") {
    const have = Math.max(0, (nowUs - trial.stageSinceUs) / 60e6);
    return [...paused, { code: "soak-minutes", have, need: policy.soakMinutes }];
  }
  const isMeasured = progress !== undefined && isPreparing(trial);
  return [...paused, { code: "working", stage, ...(isMeasured && { progress }) }];
}

/** Of the trial that runs or ran last, newest first. */
export function disagreementsOf(state: RolloutState, most: number): readonly Disagreement[] {
  const known = state.trial === undefined ? state.ended : state.trial.evidence.disagreements;
  return known
    .slice(Math.max(0, known.length - most))
    .reverse()
    .map(told);
}

const told = ({ saysAnomalous, alarm: _, ...rest }: OpenDisagreement): Disagreement => ({
  ...rest,
  championSays: saysAnomalous ? "healthy" : "anomalous",
  challengerSays: saysAnomalous ? "anomalous" : "healthy",
});
