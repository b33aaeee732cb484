import type { ModelVersion } from "../model.ts";
import type { RolloutEvent } from "./rollout-event.ts";
import type { RolloutPolicy } from "./rollout-policy.ts";
import type { RolloutReason } from "./rollout-report.ts";
import { isRejected, type RolloutState } from "./rollout-state.ts";
import { endTrial, isAlone, isOver, reject, rollBack, startTrial, withOutcome } from "./trial.ts";

type Broken = Extract<RolloutEvent, { readonly kind: "objective-broken" }>;

/** Errors of a challenger that acts alone end its trial. Errors of the champion end any trial, and for some time after
 *  it was committed they bring back the version before; else there are threshold alarms only. */
export function onObjectiveBroken(state: RolloutState, event: Broken, policy: RolloutPolicy): RolloutState {
  const { trial, previous } = state;
  const { percent, failed, frames, timeUs } = event;
  const reason: RolloutReason = { code: "slo-broken", percent, failed, frames };
  if (event.role === "challenger") {
    return trial && isAlone(trial) ? { ...state, trial: rollBack(trial, reason, timeUs) } : state;
  }
  if (trial !== undefined && trial.held === undefined) {
    // Its successor is on its way, or it is gone already.
    if (trial.promotion !== undefined || isOver(trial)) return state;
    return { ...state, trial: rollBack(trial, reason, timeUs, false) };
  }
  const isGuarded = state.guardUntilUs !== undefined && timeUs < state.guardUntilUs;
  if (previous !== undefined && isGuarded && !isRejected(state, previous.model)) {
    return bringBack(state, previous.model, reason, event, policy);
  }
  return state.degradedSinceUs === undefined ? { ...state, degradedSinceUs: timeUs } : state;
}

function bringBack(
  state: RolloutState,
  previous: ModelVersion,
  reason: RolloutReason,
  { timeUs }: Broken,
  policy: RolloutPolicy,
): RolloutState {
  const bad = state.champion.model;
  const free = state.trial === undefined ? state : endTrial(state, state.trial, timeUs, policy);
  const started = startTrial(free, { model: previous, because: "recall", timeUs });
  const { trial } = started;
  if (trial === undefined) return started;
  const decided = { ...started, trial: { ...trial, promotion: reason } };
  const told = withOutcome(
    decided,
    { id: trial.id, challenger: bad },
    "rolled-back",
    reason,
    timeUs,
    policy.mostOutcomes,
  );
  return reject(told, bad.digest, policy);
}
