import { unreachable } from "../errors.ts";
import { addPair, type Evidence } from "../gate/evidence.ts";
import { goldenReason, promoteReason, stopReason } from "../gate/judge.ts";
import type { TimeUs } from "../time.ts";
import type { RolloutEvent } from "./rollout-event.ts";
import type { RolloutPolicy } from "./rollout-policy.ts";
import type { RolloutReason } from "./rollout-report.ts";
import type { Trial } from "./rollout-state.ts";
import { decided, isCompared, isOver, isPreparing, rollBack, toStage, without } from "./trial.ts";

type Of<K extends RolloutEvent["kind"]> = Extract<RolloutEvent, { readonly kind: K }>;

export type TrialEvent = Of<
  "command" | "failed" | "golden-done" | "incompatible" | "memory" | "paired" | "stopping" | "tick"
>;

/** What happens to a trial alone. The same trial comes back where an event does not fit. */
export function stepTrial(trial: Trial, event: TrialEvent, policy: RolloutPolicy): Trial {
  const { timeUs } = event;
  switch (event.kind) {
    case "paired":
      if (!isCompared(trial)) return trial;
      return consider(withEvidence(trial, addPair(trial.evidence, event.frame, policy.gate)), timeUs, policy);
    case "memory":
      if (!isCompared(trial) || trial.evidence.memoryMib === event.mib) return trial;
      return consider(withEvidence(trial, { ...trial.evidence, memoryMib: event.mib }), timeUs, policy);
    case "tick":
      return onTick(trial, timeUs, policy);
    case "golden-done":
      return trial.stage === "golden" && isPreparing(trial) ? onGolden(trial, event, policy) : trial;
    case "failed":
      return refuse(trial, { code: "refused", error: event.error, message: event.message }, timeUs);
    case "incompatible":
      return refuse(trial, { code: "incompatible", what: event.what }, timeUs);
    case "command":
      return isOver(trial) ? trial : onCommand(trial, event);
    case "stopping":
      return trial.isStopping ? trial : { ...trial, isStopping: true };
    default:
      return unreachable(event);
  }
}

export const withEvidence = (trial: Trial, evidence: Evidence): Trial =>
  evidence === trial.evidence ? trial : { ...trial, evidence };

/** It could not be brought to serve. */
const refuse = (trial: Trial, reason: RolloutReason, timeUs: TimeUs): Trial =>
  trial.held === undefined ? rollBack(trial, reason, timeUs) : trial;

/** Gate 0. A version that is called back has proven itself before, and there is reason to hurry. */
function onGolden(trial: Trial, { tally, timeUs }: Of<"golden-done">, policy: RolloutPolicy): Trial {
  const judged = tally === undefined ? trial : { ...trial, evidence: { ...trial.evidence, golden: tally } };
  const worse = trial.because === "recall" ? undefined : goldenReason(judged.evidence, policy.gate);
  if (worse !== undefined) return rollBack(judged, worse, timeUs);
  if (trial.promotion !== undefined) return toStage(judged, "full", timeUs);
  return toStage(judged, trial.hasReachedCanary ? "canary" : "shadow", timeUs);
}

function onTick(trial: Trial, timeUs: TimeUs, policy: RolloutPolicy): Trial {
  if (isCompared(trial)) return consider(trial, timeUs, policy);
  if (isPreparing(trial)) return holdIfTooLong(trial, timeUs, policy);
  const minutes = (timeUs - trial.stageSinceUs) / 60e6;
  const isSoaked = trial.stage === "soak" && trial.paused === undefined && minutes >= policy.soakMinutes;
  return isSoaked ? toStage(trial, "commit", timeUs) : trial;
}

/** What the evidence so far asks for. A pause stops what goes forward, never what protects. */
export function consider(trial: Trial, timeUs: TimeUs, policy: RolloutPolicy): Trial {
  const { evidence } = trial;
  const stop = stopReason(evidence, policy.gate);
  if (stop !== undefined) return rollBack(trial, stop, timeUs);
  if (trial.paused !== undefined) return trial;
  const next = trial.stage === "shadow" ? leaveShadow(trial, timeUs, policy) : goUp(trial, timeUs, policy);
  return next ?? holdIfTooLong(trial, timeUs, policy);
}

function leaveShadow(trial: Trial, timeUs: TimeUs, policy: RolloutPolicy): Trial | undefined {
  const { accuracy, acted } = trial.evidence;
  if (accuracy.frames < policy.shadowFrames) return;
  return { ...toStage(trial, "canary", timeUs), hasReachedCanary: true, actedBefore: acted };
}

function goUp(trial: Trial, timeUs: TimeUs, policy: RolloutPolicy): Trial | undefined {
  const { evidence, actedBefore, canaryStep } = trial;
  if (evidence.acted - actedBefore < policy.canaryFrames) return;
  if (canaryStep < policy.canaryShares.length - 1) {
    return { ...trial, canaryStep: canaryStep + 1, actedBefore: evidence.acted, stageSinceUs: timeUs };
  }
  const promotion = promoteReason(evidence, policy.gate);
  return promotion && { ...toStage(trial, "full", timeUs), promotion };
}

function holdIfTooLong(trial: Trial, timeUs: TimeUs, policy: RolloutPolicy): Trial {
  const { frames } = trial.evidence.accuracy;
  const hours = (timeUs - trial.startedUs) / 3600e6;
  if (trial.paused !== undefined || (frames < policy.mostFrames && hours < policy.mostHours)) return trial;
  return { ...trial, held: { code: "trial-too-long", frames, hours } };
}

function onCommand(trial: Trial, event: Of<"command">): Trial {
  const { command, timeUs } = event;
  const by = event.by ?? "agent";
  switch (command) {
    case "abort":
      return rollBack(trial, { code: "by-hand", by }, timeUs);
    case "pause":
      return trial.paused === undefined && trial.held === undefined
        ? { ...trial, paused: { by, sinceUs: timeUs } }
        : trial;
    case "resume":
      return trial.paused === undefined ? trial : without(trial, "paused");
    case "promote":
      return promote(trial, by, timeUs);
    default:
      return unreachable(command);
  }
}

const promote = (trial: Trial, by: string, timeUs: TimeUs): Trial =>
  trial.promotion === undefined ? decided(trial, { code: "by-hand", by }, timeUs) : trial;
