import type { RolloutEvent } from "./rollout-event.ts";
import type { RolloutPolicy } from "./rollout-policy.ts";
import { type FollowedRecall, isRejected, type RolloutState, type Trial } from "./rollout-state.ts";
import { decided, endTrial, isOver, rollBack, startTrial } from "./trial.ts";

type Offered = Extract<RolloutEvent, { readonly kind: "offered" }>;

/** A candidate, or a version that is called back. */
export function onOffered(state: RolloutState, event: Offered, policy: RolloutPolicy): RolloutState {
  return event.because === "recall" ? onRecalled(state, event, policy) : onCandidate(state, event, policy);
}

function onCandidate(state: RolloutState, event: Offered, policy: RolloutPolicy): RolloutState {
  const { trial } = state;
  const { model, because, timeUs } = event;
  if (model.digest === state.champion.model.digest) return state;
  if (because !== "by-hand" && isRejected(state, model)) return state;
  if (trial === undefined) return startTrial(state, event);
  // A trial that only waits for a person gives way to something newer.
  const givesWay = trial.held !== undefined && trial.challenger.digest !== model.digest;
  return givesWay ? startTrial(endTrial(state, trial, timeUs, policy), event) : state;
}

/** Whether this recall, or a later one of its channel, was followed: it is followed once. What is promoted after it stays,
 *  though the channel still says the same. */
export const isFollowed = (state: RolloutState, pointer: FollowedRecall | undefined): boolean =>
  pointer !== undefined &&
  state.recall?.channel === pointer.channel &&
  pointer.sequence <= state.recall.sequence;

/** Somebody has decided: also over what this device has rejected. A recall that must wait for what is being done is not
 *  followed yet, and comes again with the next look at its channel. */
function onRecalled(state: RolloutState, event: Offered, policy: RolloutPolicy): RolloutState {
  const { pointer, model } = event;
  if (isFollowed(state, pointer)) return state;
  const isHere = model.digest === state.champion.model.digest;
  const { next, mustWait } = isHere ? stay(state, event) : goTo(state, event, policy);
  return mustWait || pointer === undefined ? next : { ...next, recall: pointer };
}

interface Followed {
  readonly next: RolloutState;
  readonly mustWait: boolean;
}

/** The champion is the version that is wanted: whatever would replace it is not. */
function stay(state: RolloutState, { timeUs }: Offered): Followed {
  const { trial } = state;
  if (trial === undefined) return { next: state, mustWait: false };
  if (trial.stage === "commit") return { next: state, mustWait: true };
  const rejects = trial.because !== "recall";
  const ended = isOver(trial)
    ? unwanted(trial, rejects)
    : rollBack(trial, { code: "recalled" }, timeUs, rejects);
  return { next: ended === trial ? state : { ...state, trial: ended }, mustWait: false };
}

/** It goes already: now for good. */
const unwanted = (trial: Trial, rejects: boolean): Trial =>
  trial.rollback === undefined || trial.rollback.rejects || !rejects
    ? trial
    : { ...trial, rollback: { ...trial.rollback, rejects } };

function goTo(state: RolloutState, event: Offered, policy: RolloutPolicy): Followed {
  const { trial } = state;
  const { model, timeUs } = event;
  if (trial === undefined) return { next: startTrial(state, event), mustWait: false };
  if (trial.challenger.digest === model.digest) {
    if (trial.stage === "rollback") return { next: state, mustWait: true };
    const next =
      trial.because === "recall" && trial.held === undefined ? state : hasten(state, trial, timeUs);
    return { next, mustWait: false };
  }
  if (isOver(trial)) return { next: state, mustWait: true };
  if (trial.held !== undefined) {
    return { next: startTrial(endTrial(state, trial, timeUs, policy), event), mustWait: false };
  }
  // No verdict on it: it makes room.
  return { next: { ...state, trial: rollBack(trial, { code: "recalled" }, timeUs, false) }, mustWait: true };
}

/** It is on trial here, and now it is wanted without one. */
const hasten = (state: RolloutState, trial: Trial, timeUs: number): RolloutState =>
  isOver(trial)
    ? state
    : { ...state, trial: { ...decided(trial, { code: "recalled" }, timeUs), because: "recall" } };
