import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPrng } from "../prng.ts";
import {
  type Accuracy,
  countFrame,
  countVote,
  evidenceOf,
  gainPointsOf,
  judgeAccuracy,
  mostDisagreementPoints,
  noAccuracy,
  type Vote,
} from "./accuracy.ts";

const policy = { alpha: 0.05, gainPoints: 0.5 };

const vote = (accuracy: Accuracy, ...votes: readonly Vote[]): Accuracy =>
  votes.reduce((sum, one) => countVote(countFrame(sum, true), undefined, one), accuracy);

const agree = (accuracy: Accuracy, times: number): Accuracy => {
  let sum = accuracy;
  for (let i = 0; i < times; i += 1) sum = countFrame(sum, false);
  return sum;
};

const wins = (count: number): readonly Vote[] => Array.from({ length: count }, () => "better");
const losses = (count: number): readonly Vote[] => Array.from({ length: count }, () => "worse");

describe("the evidence of labelled disagreements", () => {
  it("is 2^n Beta(c + 1, b + 1): eight wins and no loss suffice for 20, seven do not", () => {
    expect(evidenceOf(vote(noAccuracy, ...wins(7))).better).toBeCloseTo(16, 10);
    expect(evidenceOf(vote(noAccuracy, ...wins(8))).better).toBeCloseTo(256 / 9, 10);
    // 2^5 Beta(4, 3) = 32 * 3! 2! / 6!
    expect(evidenceOf(vote(noAccuracy, ...wins(3), ...losses(2))).better).toBeCloseTo((32 * 12) / 720, 10);
  });

  it("is on the side that leads, and none on the other", () => {
    const behind = vote(noAccuracy, ...losses(8));
    expect(evidenceOf(behind).worse).toBeCloseTo(256 / 9, 10);
    expect(evidenceOf(behind).better).toBe(1);
    expect(evidenceOf(noAccuracy)).toEqual({ better: 1, worse: 1 });
  });

  it("is not moved by who cannot tell", () => {
    const before = vote(noAccuracy, ...wins(3));
    const after = vote(before, "not-sure", "not-sure");
    expect(after.logEvidence).toBe(before.logEvidence);
    expect([after.notSure, after.disagreements]).toEqual([2, 5]);
  });

  it("does not depend on the order of the labels, and forgets a label that is corrected", () => {
    const anyVote = fc.constantFrom<Vote>("better", "worse", "not-sure");
    fc.assert(
      fc.property(fc.array(fc.tuple(anyVote, fc.option(anyVote, { nil: undefined }), fc.nat())), (labels) => {
        const straight = labels.reduce((sum, [first, corrected]) => {
          const labelled = countVote(sum, undefined, first);
          return corrected === undefined ? labelled : countVote(labelled, first, corrected);
        }, noAccuracy);
        const shuffled = labels.toSorted((a, b) => a[2] - b[2]);
        const other = shuffled.reduce(
          (sum, [first, corrected]) => countVote(sum, undefined, corrected ?? first),
          noAccuracy,
        );
        expect(other.logEvidence).toBeCloseTo(straight.logEvidence, 8);
        expect({ ...other, logEvidence: 0 }).toEqual({ ...straight, logEvidence: 0 });
      }),
    );
  });
});

describe("the verdict on accuracy", () => {
  it("needs the evidence and the gain", () => {
    const sure = vote(noAccuracy, ...wins(8));
    expect(judgeAccuracy(sure, policy)).toBe("rose");
    expect(judgeAccuracy(agree(sure, 1592), policy)).toBe("rose");
    expect(gainPointsOf(agree(sure, 1592))).toBe(0.5);
    expect(judgeAccuracy(agree(sure, 1593), policy)).toBe("unknown");
    expect(judgeAccuracy(vote(noAccuracy, ...wins(7)), policy)).toBe("unknown");
  });

  it("is that accuracy fell as soon as that is sure, however small the fall", () => {
    expect(judgeAccuracy(agree(vote(noAccuracy, ...losses(8)), 5000), policy)).toBe("fell");
  });

  it("is that the models are too similar once no label could make up for it", () => {
    let frames = 0;
    let accuracy = noAccuracy;
    while (judgeAccuracy(accuracy, policy) !== "too-similar") {
      accuracy = countFrame(accuracy, false);
      frames += 1;
    }
    // ln(20 * 7) / -ln(1 - 0.005) at most; ln(20) / -ln(1 - 0.005) = 598 at best.
    expect(frames).toBeGreaterThan(598);
    expect(frames).toBeLessThanOrEqual(986);
    expect(mostDisagreementPoints(accuracy, 0.05)).toBeLessThanOrEqual(0.5 + 1e-3);
  });

  it("seldom takes models for too similar that disagree just enough", () => {
    const random = createPrng(11);
    let wrong = 0;
    for (let trial = 0; trial < 300; trial += 1) {
      let accuracy = noAccuracy;
      for (let i = 0; i < 4000 && judgeAccuracy(accuracy, policy) === "unknown"; i += 1) {
        accuracy = countFrame(accuracy, random() < 0.005);
      }
      if (judgeAccuracy(accuracy, policy) === "too-similar") wrong += 1;
    }
    expect(wrong).toBeLessThanOrEqual(15);
  });
});
