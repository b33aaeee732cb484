import { createPrng } from "../../edge-agent/src/core/prng.ts";
import { defaultRolloutPolicy } from "../../edge-agent/src/core/rollout/rollout-policy.ts";
import { isFooled } from "./gate/correlated.ts";
import { naiveOnce, naivePeeking } from "./gate/naive.ts";
import { runTrial, type TrialEnd, type World } from "./gate/trial.ts";
import { type Bench, type Figures, median } from "./harness.ts";

const TRIALS = 4000;
const PEEKING_TRIALS = 1000;
const CORRELATED_TRIALS = 60;
const NAIVE_FRAMES = 200;
const MOST_FRAMES = 20_000;

const usual = { labelDelayFrames: 300, labelled: 1 };

function trials(world: World, seed: number, count: number = TRIALS): readonly TrialEnd[] {
  const random = createPrng(seed);
  return Array.from({ length: count }, () => runTrial(world, random));
}

const shareOf = (ends: readonly TrialEnd[], kind: TrialEnd["kind"]): number =>
  ends.filter((end) => end.kind === kind).length / ends.length;

function share(count: number, seed: number, isHit: (random: () => number) => boolean): number {
  const random = createPrng(seed);
  let hits = 0;
  for (let i = 0; i < count; i += 1) if (isHit(random)) hits += 1;
  return hits / count;
}

/** Operating characteristics of the gate, by simulation. */
export const gate: Bench = {
  name: "gate",
  explains: `the gate's own functions on ${TRIALS} simulated trials of each kind, looked at after every frame and every label, labels ${usual.labelDelayFrames} frames late on average, at most ${MOST_FRAMES} frames, promoted after the ${defaultRolloutPolicy.shadowFrames} of the shadow at the earliest. falsePromoteAtZero: models without a gain that are promoted (1 % disagreement); falsePromoteAtMinusHalf: 0.5 points worse; powerAtPlusHalf: 0.5 points better; medianFrames, medianLabels: of those until promotion; powerAtPlusOne: 1 point better; rolledBackAtMinusHalf; framesToStopTwins: until two models that agree on all but 0.1 % are told apart from a candidate, without a label; fooledByFrames, fooledByBlocks: models without a difference on frames that come in minutes of the same truth, decided either way, every frame counted and one of each block. naive...: release when 200 labelled canary frames score half a point above the champion, and the same looked at every 100 frames`,
  async run(report) {
    const figures: Record<string, number> = {};
    const tell = (more: Figures): void => {
      Object.assign(figures, more);
      for (const [name, value] of Object.entries(more)) report(`${name} ${value.toPrecision(4)}`);
    };
    const zero = trials({ disagreement: 0.01, gain: 0, ...usual }, 1);
    tell({ falsePromoteAtZero: shareOf(zero, "promoted") });
    const worse = trials({ disagreement: 0.01, gain: -0.005, ...usual }, 2);
    tell({
      falsePromoteAtMinusHalf: shareOf(worse, "promoted"),
      rolledBackAtMinusHalf: shareOf(worse, "rolled-back"),
    });
    const better = trials({ disagreement: 0.01, gain: 0.005, ...usual }, 3);
    const promoted = better.filter(({ kind }) => kind === "promoted");
    tell({
      powerAtPlusHalf: shareOf(better, "promoted"),
      medianFrames: median(promoted.map(({ frames }) => frames)),
      medianLabels: median(promoted.map(({ labels }) => labels)),
    });
    const much = trials({ disagreement: 0.012, gain: 0.01, ...usual }, 4);
    tell({ powerAtPlusOne: shareOf(much, "promoted") });
    const twins = trials({ disagreement: 0.001, gain: 0, labelDelayFrames: 300, labelled: 0 }, 5, 1000);
    tell({ framesToStopTwins: median(twins.map(({ frames }) => frames)) });
    tell({
      naiveFalsePromoteAtZero: share(TRIALS, 6, (random) => naiveOnce(0, NAIVE_FRAMES, random)),
      naiveFalsePromoteAtMinusHalf: share(TRIALS, 7, (random) => naiveOnce(-0.005, NAIVE_FRAMES, random)),
      naivePowerAtPlusHalf: share(TRIALS, 8, (random) => naiveOnce(0.005, NAIVE_FRAMES, random)),
      naivePeekingAtZero: share(PEEKING_TRIALS, 9, (random) => naivePeeking(0, MOST_FRAMES, random)),
      naivePeekingAtMinusHalf: share(PEEKING_TRIALS, 10, (random) =>
        naivePeeking(-0.005, MOST_FRAMES, random),
      ),
    });
    tell({
      fooledByFrames: share(CORRELATED_TRIALS, 11, (random) => isFooled(0, random)),
      fooledByBlocks: share(CORRELATED_TRIALS, 12, (random) => isFooled(60, random)),
    });
    return figures;
  },
};
