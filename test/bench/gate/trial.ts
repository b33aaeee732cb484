import {
  type Accuracy,
  countFrame,
  countVote,
  judgeAccuracy,
  noAccuracy,
} from "../../../edge-agent/src/core/gate/accuracy.ts";
import { defaultGatePolicy } from "../../../edge-agent/src/core/gate/gate-policy.ts";
import { defaultRolloutPolicy } from "../../../edge-agent/src/core/rollout/rollout-policy.ts";

/** Two models as the gate sees them: how often they disagree, and how often the challenger is right then. */
export interface World {
  readonly disagreement: number;
  /** True gain in accuracy, as a share. */
  readonly gain: number;
  /** Frames until a disagreement has its label, on average; each takes its own time. */
  readonly labelDelayFrames: number;
  /** Of the disagreements, those that somebody can label. */
  readonly labelled: number;
}

export interface TrialEnd {
  readonly kind: "inconclusive" | "promoted" | "rolled-back";
  /** Independent frames, and labels, until then. */
  readonly frames: number;
  readonly labels: number;
}

/** One trial through the real gate, looked at after every frame and every label; stopped at once, promoted after the
 *  shadow at the earliest. */
export function runTrial(world: World, random: () => number): TrialEnd {
  const isBetter = (1 + world.gain / world.disagreement) / 2;
  const waiting: { readonly atFrame: number; readonly wins: boolean }[] = [];
  let accuracy = noAccuracy;
  for (let frame = 1; frame <= defaultRolloutPolicy.mostFrames; frame += 1) {
    const differs = random() < world.disagreement;
    if (differs && random() < world.labelled) {
      const delay = -Math.log(1 - random()) * world.labelDelayFrames;
      waiting.push({ atFrame: frame + delay, wins: random() < isBetter });
    }
    accuracy = countFrame(accuracy, differs);
    const unlabelledEnd = endOf(accuracy, frame);
    if (unlabelledEnd !== undefined) return unlabelledEnd;
    for (let i = waiting.length - 1; i >= 0; i -= 1) {
      const label = waiting[i];
      if (label === undefined || label.atFrame > frame) continue;
      waiting.splice(i, 1);
      accuracy = countVote(accuracy, undefined, label.wins ? "better" : "worse");
      const end = endOf(accuracy, frame);
      if (end !== undefined) return end;
    }
  }
  return { kind: "inconclusive", frames: accuracy.frames, labels: labelsOf(accuracy) };
}

function endOf(accuracy: Accuracy, frames: number): TrialEnd | undefined {
  const verdict = judgeAccuracy(accuracy, defaultGatePolicy);
  if (verdict === "unknown") return;
  // The shadow promotes nobody; the canary that follows hears as much, and is short where machines are heard often.
  if (verdict === "rose" && frames <= defaultRolloutPolicy.shadowFrames) return;
  return { kind: verdict === "rose" ? "promoted" : "rolled-back", frames, labels: labelsOf(accuracy) };
}

const labelsOf = ({ better, worse }: Accuracy): number => better + worse;
