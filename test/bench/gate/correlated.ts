import { addLabel, addPair, noEvidence } from "../../../edge-agent/src/core/gate/evidence.ts";
import { defaultGatePolicy, type GatePolicy } from "../../../edge-agent/src/core/gate/gate-policy.ts";
import { promoteReason, stopReason } from "../../../edge-agent/src/core/gate/judge.ts";
import type { PairedFrame } from "../../../edge-agent/src/core/rollout/paired-frame.ts";

const MACHINES = 10;
const MINUTES = 200;
const FRAMES_A_MINUTE = 12;
// A machine's sound that splits the models does so for some minutes, and the same of them is right throughout.
const EPISODE_SHARE = 0.02;

/** Models without a difference in accuracy on machines whose frames resemble each other: a disagreement lasts a whole
 *  minute, with one truth. Every frame is a win or a loss for the same reason.
 *  @param blockSeconds 0 counts every frame as if it were independent
 *  @returns whether the gate promoted, or stopped the challenger as worse */
export function isFooled(blockSeconds: number, random: () => number): boolean {
  const policy: GatePolicy = { ...defaultGatePolicy, blockSeconds };
  let evidence = noEvidence;
  for (let minute = 0; minute < MINUTES; minute += 1) {
    for (let machine = 0; machine < MACHINES; machine += 1) {
      const differs = random() < EPISODE_SHARE;
      const isReal = random() < 0.5;
      for (let i = 0; i < FRAMES_A_MINUTE; i += 1) {
        const frame = frameOf(machine, minute, i, differs);
        evidence = addLabel(addPair(evidence, frame, policy), frame.id, isReal ? "real" : "false");
      }
      if (stopReason(evidence, policy)?.code === "accuracy-fell") return true;
      if (promoteReason(evidence, policy)?.code === "accuracy-rose") return true;
    }
  }
  return false;
}

function frameOf(machine: number, minute: number, i: number, differs: boolean): PairedFrame {
  const second = minute * 60 + (i * 60) / FRAMES_A_MINUTE;
  const verdict = (isAnomalous: boolean) => ({ probability: 0.5, isAnomalous, isAbnormal: false, ms: 5 });
  return {
    id: `${machine}|${second}`,
    machine: `m${machine}`,
    sensor: `m${machine}`,
    timeUs: second * 1e6,
    shaftHz: 25,
    champion: verdict(false),
    challenger: verdict(differs),
    first: i % 2 === 0 ? "champion" : "challenger",
    acted: "champion",
  };
}
