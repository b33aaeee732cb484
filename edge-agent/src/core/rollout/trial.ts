import { noEvidence } from "../gate/evidence.ts";
import type { ModelVersion } from "../model.ts";
import type { TimeUs } from "../time.ts";
import type { RolloutPolicy } from "./rollout-policy.ts";
import type { OutcomeKind, OutcomeReport, RolloutReason, Stage, TrialReport } from "./rollout-report.ts";
import type { RolloutState, Trial } from "./rollout-state.ts";

/** Both models hear the same frames. */
export const isCompared = ({ stage, held }: Trial): boolean =>
  held === undefined && (stage === "shadow" || stage === "canary");

/** Nothing of it serves a frame yet. */
export const isPreparing = ({ stage, held }: Trial): boolean =>
  held === undefined && ["verify", "load", "warm", "golden"].includes(stage);

/** It acts alone. */
export const isAlone = ({ stage }: Trial): boolean => stage === "full" || stage === "soak";

/** Decided: nothing can stop it any more. */
export const isOver = ({ stage }: Trial): boolean => stage === "commit" || stage === "rollback";

export const toStage = (trial: Trial, stage: Stage, timeUs: TimeUs): Trial => ({
  ...trial,
  stage,
  stageSinceUs: timeUs,
});

/** @param rejects the version is not tried again by itself */
export function rollBack(trial: Trial, reason: RolloutReason, timeUs: TimeUs, rejects = true): Trial {
  if (isOver(trial)) return trial;
  return { ...toStage(without(trial, "held"), "rollback", timeUs), rollback: { reason, rejects } };
}

/** It goes live: what is left of the comparison is left out. */
export function decided(trial: Trial, promotion: RolloutReason, timeUs: TimeUs): Trial {
  const next: Trial = { ...without(trial, "paused"), promotion };
  // It is out of memory.
  if (trial.held !== undefined) return toStage(without(next, "held"), "verify", timeUs);
  return isCompared(trial) ? toStage(next, "full", timeUs) : next;
}

export function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}

export interface Start {
  readonly model: ModelVersion;
  readonly because: TrialReport["because"];
  readonly timeUs: TimeUs;
}

/** A version that is called back skips the comparison: somebody has decided. */
export function startTrial(state: RolloutState, { model, because, timeUs }: Start): RolloutState {
  const trials = state.trials + 1;
  const trial: Trial = {
    id: `${trials}-${model.digest.slice(0, 8)}`,
    challenger: model,
    because,
    startedUs: timeUs,
    stage: "verify",
    stageSinceUs: timeUs,
    canaryStep: 0,
    actedBefore: 0,
    hasReachedCanary: false,
    evidence: noEvidence,
    crashes: 0,
    isStopping: false,
    ...(because === "recall" && { promotion: { code: "recalled" as const } }),
  };
  const rejected = state.rejected.filter((digest) => digest !== model.digest);
  return { ...state, trials, trial, rejected, ended: [] };
}

/** Too long without a decision: it acts on nothing and waits for a person. */
export function holdTrial(state: RolloutState, trial: Trial, timeUs: TimeUs, most: number): RolloutState {
  if (trial.held === undefined || state.trial?.held !== undefined) return { ...state, trial };
  return withOutcome({ ...state, trial }, trial, "inconclusive", trial.held, timeUs, most);
}

/** Of a trial that is rolled back, or of one that was held and gives way. */
export function endTrial(
  state: RolloutState,
  trial: Trial,
  timeUs: TimeUs,
  policy: RolloutPolicy,
): RolloutState {
  const ended: RolloutState = { ...without(state, "trial"), ended: trial.evidence.disagreements };
  const { rollback } = trial;
  if (rollback === undefined) return ended;
  const told = withOutcome(ended, trial, "rolled-back", rollback.reason, timeUs, policy.mostOutcomes);
  const rejected = rollback.rejects ? reject(told, trial.challenger.digest, policy) : told;
  // It was to replace a champion that fails.
  const hasNoCure = trial.promotion?.code === "slo-broken" && rejected.degradedSinceUs === undefined;
  return hasNoCure ? { ...rejected, degradedSinceUs: timeUs } : rejected;
}

export function commitTrial(
  state: RolloutState,
  trial: Trial,
  timeUs: TimeUs,
  policy: RolloutPolicy,
): RolloutState {
  const reason = trial.promotion ?? { code: "restarted" };
  const ended: RolloutState = {
    ...without(state, "trial"),
    champion: { model: trial.challenger, sinceUs: timeUs },
    previous: state.champion,
    guardUntilUs: timeUs + policy.guardHours * 3600e6,
    ended: trial.evidence.disagreements,
  };
  const told = withOutcome(ended, trial, "promoted", reason, timeUs, policy.mostOutcomes);
  // Whoever calls a version back does not want the one that it replaces.
  return trial.because === "recall" ? reject(told, state.champion.model.digest, policy) : told;
}

export const reject = (state: RolloutState, digest: string, policy: RolloutPolicy): RolloutState => ({
  ...state,
  rejected: [...state.rejected.filter((known) => known !== digest), digest].slice(-policy.mostRejected),
});

export function withOutcome(
  state: RolloutState,
  { id, challenger }: Pick<Trial, "challenger" | "id">,
  kind: OutcomeKind,
  reason: RolloutReason,
  timeUs: TimeUs,
  most: number,
): RolloutState {
  const { digest, name, version } = challenger;
  const outcome: OutcomeReport = { kind, trial: id, model: { digest, name, version }, reason, timeUs };
  return { ...state, outcomes: [outcome, ...state.outcomes].slice(0, most) };
}
