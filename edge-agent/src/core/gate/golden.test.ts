import { describe, expect, it } from "vitest";
import { type GoldenTally, isGoldenWorse, tallyGolden } from "./golden.ts";

const tally = (onlyChampion: number, onlyChallenger: number): GoldenTally => ({
  frames: 1000,
  championRight: 500 + onlyChampion,
  challengerRight: 500 + onlyChallenger,
  onlyChampion,
  onlyChallenger,
});

describe("the labelled set", () => {
  it("counts who is right where", () => {
    const answer = (isAnomalous: boolean, champion: boolean, challenger: boolean) => ({
      isAnomalous,
      champion,
      challenger,
    });
    expect(
      tallyGolden([
        answer(true, true, true),
        answer(true, true, false),
        answer(false, true, false),
        answer(false, false, false),
        answer(true, false, false),
      ]),
    ).toEqual({ frames: 5, championRight: 3, challengerRight: 3, onlyChampion: 1, onlyChallenger: 1 });
  });

  it("is worse only beyond chance: five frames of five are, four of four are not", () => {
    expect(isGoldenWorse(tally(5, 0), 0, 0.05)).toBe(true);
    expect(isGoldenWorse(tally(4, 0), 0, 0.05)).toBe(false);
    // P(X >= 10 of 12) = 79 / 4096.
    expect(isGoldenWorse(tally(10, 2), 0, 0.0193)).toBe(true);
    expect(isGoldenWorse(tally(10, 2), 0, 0.0192)).toBe(false);
  });

  it("forgives what the policy tolerates, and never blames a challenger that is no worse", () => {
    expect(isGoldenWorse(tally(5, 0), 5, 0.05)).toBe(false);
    expect(isGoldenWorse(tally(3, 3), 0, 1)).toBe(false);
    expect(isGoldenWorse(tally(1, 0), 0, 1)).toBe(true);
  });

  it("can tell with thousands of disagreements", () => {
    expect(isGoldenWorse(tally(2100, 1900), 0, 0.05)).toBe(true);
    expect(isGoldenWorse(tally(2010, 1990), 0, 0.05)).toBe(false);
  });
});
