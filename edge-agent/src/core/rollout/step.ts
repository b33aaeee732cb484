import { unreachable } from "../errors.ts";
import { addLabel } from "../gate/evidence.ts";
import { withDrafts } from "./drafts.ts";
import { onObjectiveBroken } from "./objective-step.ts";
import { onOffered } from "./offer-step.ts";
import { onRestarted } from "./restart-step.ts";
import type { RolloutEvent } from "./rollout-event.ts";
import type { RolloutPolicy } from "./rollout-policy.ts";
import type { RolloutState } from "./rollout-state.ts";
import { commitTrial, endTrial, holdTrial, isCompared, toStage, without } from "./trial.ts";
import { consider, stepTrial, withEvidence } from "./trial-step.ts";

type Of<K extends RolloutEvent["kind"]> = Extract<RolloutEvent, { readonly kind: K }>;

/** The whole of a rollout: what is, what happens, what is next. Total: an event that does not fit changes nothing, and
 *  then the same state comes back. */
export function step(state: RolloutState, event: RolloutEvent, policy: RolloutPolicy): RolloutState {
  const next = follow(state, event, policy);
  return next === state ? state : withDrafts(state, next, event);
}

function follow(state: RolloutState, event: RolloutEvent, policy: RolloutPolicy): RolloutState {
  switch (event.kind) {
    case "offered":
      return onOffered(state, event, policy);
    case "offer-refused":
      // Nothing but an entry in the audit log.
      return { ...state };
    case "done":
      return onDone(state, event, policy);
    case "labelled":
      return onLabelled(state, event, policy);
    case "objective-broken":
      return onObjectiveBroken(state, event, policy);
    case "objective-kept":
      return state.degradedSinceUs === undefined ? state : without(state, "degradedSinceUs");
    case "restarted":
      return onRestarted(state, event.champion, event.timeUs, policy);
    case "audited":
      return onAudited(state, event.number);
    default: {
      const { trial } = state;
      if (trial === undefined) return state;
      const next = stepTrial(trial, event, policy);
      return next === trial ? state : holdTrial(state, next, event.timeUs, policy.mostOutcomes);
    }
  }
}

function onDone(state: RolloutState, event: Of<"done">, policy: RolloutPolicy): RolloutState {
  const { trial } = state;
  if (trial === undefined || trial.stage !== event.stage || trial.held !== undefined) return state;
  const { timeUs } = event;
  switch (event.stage) {
    case "verify":
      return { ...state, trial: toStage(trial, "load", timeUs) };
    case "load":
      return { ...state, trial: toStage(trial, "warm", timeUs) };
    case "warm":
      return { ...state, trial: toStage(trial, "golden", timeUs) };
    case "full":
      return { ...state, trial: toStage(trial, "soak", timeUs) };
    case "commit":
      return commitTrial(state, trial, timeUs, policy);
    case "rollback":
      return endTrial(state, trial, timeUs, policy);
    default:
      return unreachable(event.stage);
  }
}

function onLabelled(state: RolloutState, event: Of<"labelled">, policy: RolloutPolicy): RolloutState {
  const { frame, verdict, timeUs } = event;
  const { trial } = state;
  if (trial !== undefined) {
    const labelled = withEvidence(trial, addLabel(trial.evidence, frame, verdict));
    if (labelled === trial) return state;
    const next = isCompared(labelled) ? consider(labelled, timeUs, policy) : labelled;
    return holdTrial(state, next, timeUs, policy.mostOutcomes);
  }
  const place = state.ended.findIndex((one) => one.frame === frame);
  const found = state.ended[place];
  if (found === undefined || found.label === verdict) return state;
  return { ...state, ended: state.ended.with(place, { ...found, label: verdict }) };
}

function onAudited(state: RolloutState, number: number): RolloutState {
  const drafts = state.drafts.filter((draft) => draft.number > number);
  // The log may remember more than a state that was lost: numbers are not used twice.
  const drafted = Math.max(state.drafted, number);
  const isKnown = drafts.length === state.drafts.length && drafted === state.drafted;
  return isKnown ? state : { ...state, drafts, drafted };
}
