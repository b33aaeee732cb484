import type { RolloutReason, Wait } from "../rollout/rollout-report.ts";
import { evidenceOf, gainPointsOf, judgeAccuracy, mostDisagreementPoints } from "./accuracy.ts";
import { logEvidence, logMoreFrequent } from "./betting.ts";
import type { Evidence } from "./evidence.ts";
import type { GatePolicy } from "./gate-policy.ts";
import { isGoldenWorse } from "./golden.ts";
import { type LatencyQuantile, latencyChange } from "./latency.ts";

const latencyQuantiles: readonly LatencyQuantile[] = ["p50", "p99"];

/** Why the challenger must be stopped now, if it must. Each test may be looked at after every frame. */
export const stopReason = (evidence: Evidence, policy: GatePolicy): RolloutReason | undefined =>
  tooManyErrors(evidence, policy) ??
  tooSlow(evidence, policy) ??
  tooManyAlarms(evidence, policy) ??
  tooMuchMemory(evidence, policy) ??
  notAccurate(evidence, policy);

function tooManyErrors({ failed, frames }: Evidence, policy: GatePolicy): RolloutReason | undefined {
  if (failed < Math.max(1, policy.leastErrors)) return;
  const isSure =
    logMoreFrequent(failed, frames, policy.errorsMostPercent / 100) >= Math.log(1 / policy.alpha);
  return isSure ? { code: "errors", failed, frames } : undefined;
}

function tooSlow({ latency }: Evidence, policy: GatePolicy): RolloutReason | undefined {
  for (const quantile of latencyQuantiles) {
    const { low, percent } = latencyChange(latency, quantile, policy.alpha);
    if (low > policy.latencyMostPercent) return { code: "latency-rose", quantile, percent };
  }
  return;
}

/** Against "the challenger calls no more than `alarmsMostRatio` times as many frames abnormal as the champion". */
function tooManyAlarms({ alarms }: Evidence, policy: GatePolicy): RolloutReason | undefined {
  const { both, onlyChampion, onlyChallenger } = alarms;
  const ratio = policy.alarmsMostRatio;
  const champion = both + onlyChampion;
  const challenger = both + onlyChallenger;
  if (challenger <= champion * ratio) return;
  const log = logEvidence([
    { value: 1, count: onlyChallenger },
    { value: 1 - ratio, count: both },
    { value: -ratio, count: onlyChampion },
  ]);
  return log >= Math.log(1 / policy.alpha) ? { code: "alarms-rose", champion, challenger } : undefined;
}

const tooMuchMemory = ({ memoryMib }: Evidence, policy: GatePolicy): RolloutReason | undefined =>
  memoryMib > policy.memoryMostMib ? { code: "memory-rose", mib: memoryMib } : undefined;

function notAccurate({ accuracy }: Evidence, policy: GatePolicy): RolloutReason | undefined {
  const verdict = judgeAccuracy(accuracy, policy);
  if (verdict === "fell") {
    const { better, worse } = accuracy;
    return { code: "accuracy-fell", evidence: evidenceOf(accuracy).worse, better, worse };
  }
  if (verdict === "too-similar") {
    const points = mostDisagreementPoints(accuracy, policy.alpha);
    return { code: "disagreement-too-small", points, neededPoints: policy.gainPoints };
  }
  return;
}

/** Why the challenger is to be promoted: it is more accurate, and surely not slower than allowed. */
export function promoteReason(evidence: Evidence, policy: GatePolicy): RolloutReason | undefined {
  const { accuracy } = evidence;
  if (judgeAccuracy(accuracy, policy) !== "rose" || latencyWaits(evidence, policy).length > 0) return;
  return {
    code: "accuracy-rose",
    evidence: evidenceOf(accuracy).better,
    gainPoints: gainPointsOf(accuracy),
  };
}

/** What of the labelled set speaks against the challenger. */
export function goldenReason({ golden }: Evidence, policy: GatePolicy): RolloutReason | undefined {
  if (golden === undefined || !isGoldenWorse(golden, policy.goldenTolerance, policy.alpha)) return;
  const { frames, championRight, challengerRight } = golden;
  return { code: "golden-worse", champion: championRight, challenger: challengerRight, frames };
}

/** What a promotion still waits for. */
export function promotionWaits(evidence: Evidence, policy: GatePolicy): readonly Wait[] {
  const { accuracy } = evidence;
  const need = 1 / policy.alpha;
  const have = evidenceOf(accuracy).better;
  const unlabelled = unlabelledOf(evidence);
  const waits: Wait[] = [];
  if (have < need) waits.push({ code: "evidence", have, need });
  if (gainPointsOf(accuracy) < policy.gainPoints) {
    waits.push({ code: "gain-points", have: gainPointsOf(accuracy), need: policy.gainPoints });
  }
  if (waits.length > 0 && unlabelled > 0) {
    const labelled = accuracy.better + accuracy.worse + accuracy.notSure;
    waits.push({ code: "labels", have: labelled, need: labelled + unlabelled });
  }
  return [...waits, ...latencyWaits(evidence, policy)];
}

/** Disagreements that somebody can still label. */
export const unlabelledOf = ({ disagreements }: Evidence): number =>
  disagreements.reduce((count, { label }) => count + (label === undefined ? 1 : 0), 0);

function latencyWaits({ latency }: Evidence, policy: GatePolicy): readonly Wait[] {
  const mostPercent = policy.latencyMostPercent;
  const highPercent = Math.max(
    ...latencyQuantiles.map((quantile) => latencyChange(latency, quantile, policy.alpha).high),
  );
  return highPercent < mostPercent ? [] : [{ code: "latency-sure", highPercent, mostPercent }];
}
