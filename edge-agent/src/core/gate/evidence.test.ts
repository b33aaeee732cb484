import { describe, expect, it } from "vitest";
import type { PairedFrame } from "../rollout/paired-frame.ts";
import { addLabel, addPair, type Evidence, noEvidence } from "./evidence.ts";
import { defaultGatePolicy, type GatePolicy } from "./gate-policy.ts";
import { goldenReason, promoteReason, promotionWaits, stopReason, unlabelledOf } from "./judge.ts";

const policy: GatePolicy = { ...defaultGatePolicy, blockSeconds: 60, mostDisagreements: 3 };

const frame = (
  second: number,
  verdicts: readonly [boolean, boolean],
  more: Partial<PairedFrame> = {},
): PairedFrame => {
  const judged = (isAnomalous: boolean) => ({ probability: 0.5, isAnomalous, isAbnormal: false, ms: 5 });
  return {
    id: `f${second}`,
    machine: "m",
    sensor: "s",
    timeUs: second * 1e6,
    shaftHz: 25,
    champion: judged(verdicts[0]),
    challenger: judged(verdicts[1]),
    first: "champion",
    acted: "champion",
    ...more,
  };
};

const add = (evidence: Evidence, ...frames: readonly PairedFrame[]): Evidence =>
  frames.reduce((sum, one) => addPair(sum, one, policy), evidence);

describe("the evidence", () => {
  it("counts one frame of a machine at a speed a minute, and every frame for people", () => {
    const evidence = add(
      noEvidence,
      frame(0, [false, true]),
      frame(10, [false, true]),
      frame(20, [false, false], { shaftHz: 40 }),
      frame(30, [false, false], { machine: "n" }),
      frame(61, [false, false]),
    );
    expect(evidence.frames).toBe(5);
    expect(evidence.accuracy).toMatchObject({ frames: 4, disagreements: 1 });
    expect(evidence.disagreements.map((one) => one.frame)).toEqual(["f0"]);
  });

  it("ignores a label of a frame that does not count, and one that it knows", () => {
    const evidence = addLabel(add(noEvidence, frame(0, [false, true])), "f0", "real");
    expect(evidence.accuracy.better).toBe(1);
    expect(addLabel(evidence, "f0", "real")).toBe(evidence);
    expect(addLabel(evidence, "f10", "real")).toBe(evidence);
  });

  it("knows who was right, whoever called the machine anomalous", () => {
    const heard = add(noEvidence, frame(0, [false, true]), frame(60, [true, false]));
    const real = addLabel(addLabel(heard, "f0", "real"), "f60", "real");
    expect(real.accuracy).toMatchObject({ better: 1, worse: 1 });
    const corrected = addLabel(addLabel(real, "f60", "false"), "f0", "not-sure");
    expect(corrected.accuracy).toMatchObject({ better: 1, worse: 0, notSure: 1 });
  });

  it("forgets the oldest without a label when there is no more room, then the oldest; what counted stays", () => {
    const split = [0, 60, 120].map((second) => frame(second, [false, true]));
    const labelled = addLabel(add(noEvidence, ...split), "f0", "real");
    const fourth = add(labelled, frame(180, [false, true]));
    expect(fourth.disagreements.map((one) => one.frame)).toEqual(["f0", "f120", "f180"]);
    const all = ["f120", "f180"].reduce((sum, id) => addLabel(sum, id, "false"), fourth);
    const fifth = add(all, frame(240, [false, true]));
    expect(fifth.disagreements.map((one) => one.frame)).toEqual(["f120", "f180", "f240"]);
    expect(fifth.accuracy).toMatchObject({ better: 1, worse: 2, disagreements: 5 });
    expect(unlabelledOf(fifth)).toBe(1);
  });

  it("takes an alarm of the champion alone for its own, and excuses it likewise", () => {
    const heard = add(
      noEvidence,
      frame(0, [true, false], {
        champion: { probability: 0.9, isAnomalous: true, isAbnormal: true, ms: 5 },
      }),
    );
    expect(heard.alarms).toEqual({ frames: 1, both: 0, onlyChampion: 1, onlyChallenger: 0 });
    expect(addLabel(heard, "f0", "real").alarms.onlyChampion).toBe(0);
  });

  it("asks for nothing before there is anything", () => {
    expect(stopReason(noEvidence, policy)).toBeUndefined();
    expect(promoteReason(noEvidence, policy)).toBeUndefined();
    expect(goldenReason(noEvidence, policy)).toBeUndefined();
    expect(promotionWaits(noEvidence, policy).map(({ code }) => code)).toEqual([
      "evidence",
      "gain-points",
      "latency-sure",
    ]);
  });
});
