import type { ModelVersion } from "../model.ts";
import type { TimeUs } from "../time.ts";
import type { RolloutPolicy } from "./rollout-policy.ts";
import type { RolloutState, Trial } from "./rollout-state.ts";
import { isAlone, rollBack, toStage } from "./trial.ts";

/** The agent runs again, with `champion`. What is not committed is not live: what was compared is fetched and loaded
 *  again and goes on with the evidence so far; what acted alone falls back, unless it was a clean stop or the policy
 *  says otherwise, or it was called back, since nobody wants what it would fall back to; a trial during which the agent crashes again and again ends. */
export function onRestarted(
  state: RolloutState,
  champion: ModelVersion,
  timeUs: TimeUs,
  policy: RolloutPolicy,
): RolloutState {
  const { trial } = state;
  const runs = (model: ModelVersion): boolean => model.digest === champion.digest;
  if (trial?.stage === "commit" && runs(trial.challenger)) return state;
  // Whatever is live is the champion: the one that was could not be loaded.
  const known = runs(state.champion.model)
    ? state
    : { ...state, champion: { model: champion, sinceUs: timeUs } };
  if (trial === undefined || trial.stage === "rollback" || trial.held !== undefined) return known;
  const crashes = trial.crashes + (trial.isStopping ? 0 : 1);
  const back: Trial = { ...trial, crashes, isStopping: false };
  const mustFall =
    crashes > policy.mostCrashes ||
    trial.stage === "commit" ||
    runs(trial.challenger) ||
    (isAlone(trial) && !trial.isStopping && policy.onCrash === "fall-back" && trial.because !== "recall");
  if (!mustFall) return { ...known, trial: toStage(back, "verify", timeUs) };
  // A commit comes to this only where its model cannot be loaded.
  const undone: Trial = trial.stage === "commit" ? { ...back, stage: "soak" } : back;
  return { ...known, trial: rollBack(undone, { code: "restarted" }, timeUs) };
}
