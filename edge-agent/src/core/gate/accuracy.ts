import { logRarer, upperBound } from "./betting.ts";
import type { GatePolicy } from "./gate-policy.ts";

/** Which of two models that disagree was right; "not-sure" counts for nothing. */
export type Vote = "better" | "not-sure" | "worse";

/** All that the comparison of accuracy needs to remember. */
export interface Accuracy {
  /** Independent frames: one of each block. */
  readonly frames: number;
  /** Of these, frames on which the models' verdicts differ. */
  readonly disagreements: number;
  /** Labelled disagreements: the challenger right, the champion right, nobody can tell. */
  readonly better: number;
  readonly worse: number;
  readonly notSure: number;
  /** Natural logarithm of the e-value against "both are right equally often where they differ". */
  readonly logEvidence: number;
}

export const noAccuracy: Accuracy = {
  frames: 0,
  disagreements: 0,
  better: 0,
  worse: 0,
  notSure: 0,
  logEvidence: 0,
};

/** Where the models agree they are right or wrong together: only the difference tells them apart (Q. McNemar, 1947). */
export const countFrame = (accuracy: Accuracy, differs: boolean): Accuracy => ({
  ...accuracy,
  frames: accuracy.frames + 1,
  disagreements: accuracy.disagreements + (differs ? 1 : 0),
});

/** A disagreement is labelled, labelled anew, or loses its label. The order of labels does not matter: the evidence is
 *  a function of the counts. It is fair as long as which disagreements are labelled does not depend on who was right. */
export function countVote(accuracy: Accuracy, before: Vote | undefined, after: Vote | undefined): Accuracy {
  if (before === after) return accuracy;
  const without = before === undefined ? accuracy : takeBack(accuracy, before);
  return after === undefined ? without : add(without, after);
}

/** The exact e-process on discordant pairs: under the null each is a fair coin, and
 *      E = 2^n Beta(c + 1, b + 1),   c wins, b losses, n = c + b
 *  is the wealth of the uniform mixture over all coins, a martingale (H. Robbins, 1970; A. Ramdas et al., 2023). A win
 *  multiplies it by 2 (c + 1) / (n + 2). Eight wins and no loss suffice for 20; seven do not. */
function add(accuracy: Accuracy, vote: Vote): Accuracy {
  const { better, worse, logEvidence } = accuracy;
  switch (vote) {
    case "better":
      return { ...accuracy, better: better + 1, logEvidence: logEvidence + factor(better, worse) };
    case "worse":
      return { ...accuracy, worse: worse + 1, logEvidence: logEvidence + factor(worse, better) };
    default:
      return { ...accuracy, notSure: accuracy.notSure + 1 };
  }
}

function takeBack(accuracy: Accuracy, vote: Vote): Accuracy {
  const { better, worse, logEvidence } = accuracy;
  switch (vote) {
    case "better":
      return { ...accuracy, better: better - 1, logEvidence: logEvidence - factor(better - 1, worse) };
    case "worse":
      return { ...accuracy, worse: worse - 1, logEvidence: logEvidence - factor(worse - 1, better) };
    default:
      return { ...accuracy, notSure: accuracy.notSure - 1 };
  }
}

const factor = (same: number, other: number): number => Math.log((2 * (same + 1)) / (same + other + 2));

/** E-values for "better" and for "worse". The process asks whether the coin is fair; the side that leads has its
 *  evidence, the other has none. */
export function evidenceOf({ better, worse, logEvidence }: Accuracy): {
  readonly better: number;
  readonly worse: number;
} {
  const evidence = Math.exp(logEvidence);
  const none = Math.min(1, evidence);
  return { better: better > worse ? evidence : none, worse: worse > better ? evidence : none };
}

/** Points of accuracy gained; a disagreement without a label counts as no gain. */
export const gainPointsOf = ({ better, worse, frames }: Accuracy): number =>
  frames === 0 ? 0 : ((better - worse) / frames) * 100;

export type AccuracyVerdict = "fell" | "rose" | "too-similar" | "unknown";

/** "rose" needs both: it is sure that the challenger is better (an e-value, good at any time one looks), and the best
 *  estimate of how much meets the policy. To be sure of the policy's gain itself (a lower bound, good at any time) would
 *  reject a model of exactly that gain 97 times in 100, whatever the length of the trial; the estimate alone lets every
 *  fourth worthless model through (ML.md 1.3). With both, simulated under continuous looking: 1 % of models without a
 *  gain, none of those 0.5 points worse, 85 % of those 0.5 points better at 1 % disagreement (`npm run bench -- gate`).
 *  Always-valid inference for A/B tests: R. Johari, P. Koomen, L. Pekelis, D. Walsh, Operations Research 70, 2022.
 *  "too-similar": a model can gain no more than it disagrees, and it surely disagrees on less than the policy's gain. */
export function judgeAccuracy(
  accuracy: Accuracy,
  { alpha, gainPoints }: Pick<GatePolicy, "alpha" | "gainPoints">,
): AccuracyVerdict {
  const isSure = accuracy.logEvidence >= Math.log(1 / alpha);
  if (isSure && accuracy.worse > accuracy.better) return "fell";
  if (isSure && accuracy.better > accuracy.worse && gainPointsOf(accuracy) >= gainPoints) return "rose";
  return isTooSimilar(accuracy, alpha, gainPoints / 100) ? "too-similar" : "unknown";
}

function isTooSimilar({ disagreements, frames }: Accuracy, alpha: number, gain: number): boolean {
  // Cheap first: nothing can be sure while the estimate is above.
  if (gain <= 0 || disagreements >= gain * frames) return false;
  return logRarer(disagreements, frames, gain) >= Math.log(1 / alpha);
}

/** Upper bound, at all times, of the points by which the models disagree. */
export const mostDisagreementPoints = ({ disagreements, frames }: Accuracy, alpha: number): number =>
  upperBound(disagreements, frames, alpha) * 100;
