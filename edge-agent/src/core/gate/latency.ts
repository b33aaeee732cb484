import type { PairedFrame } from "../rollout/paired-frame.ts";
import type { GatePolicy } from "./gate-policy.ts";

/** Mean and spread of the figures of the batches so far (B. P. Welford, 1962). */
export interface Spread {
  readonly mean: number;
  readonly squares: number;
}

/** How long the challenger takes against the champion, on the same frames: batches of pairs, half of them in each order
 *  so that going second costs both the same; of each batch the logarithm of the ratio of their quantiles. Batches are
 *  long enough to be independent of each other, whatever ties neighbouring frames (batch means: Law & Kelton,
 *  "Simulation Modeling and Analysis"). */
export interface Latency {
  /** Pairs that were left out to warm up. */
  readonly warmedUp: number;
  /** Milliseconds of the batch that fills: champion and challenger by turns, by who went first. */
  readonly championFirst: readonly number[];
  readonly challengerFirst: readonly number[];
  readonly batches: number;
  readonly p50: Spread;
  readonly p99: Spread;
}

export type LatencyQuantile = "p50" | "p99";

const noSpread: Spread = { mean: 0, squares: 0 };

export const noLatency: Latency = {
  warmedUp: 0,
  championFirst: [],
  challengerFirst: [],
  batches: 0,
  p50: noSpread,
  p99: noSpread,
};

export function countLatency(latency: Latency, frame: PairedFrame, policy: GatePolicy): Latency {
  const { champion, challenger } = frame;
  if ("failure" in challenger || !(champion.ms > 0 && challenger.ms > 0)) return latency;
  if (latency.warmedUp < policy.warmUpFrames) return { ...latency, warmedUp: latency.warmedUp + 1 };
  const order = frame.first === "champion" ? "championFirst" : "challengerFirst";
  const values = latency[order];
  const full = policy.latencyBatchFrames * 2;
  // The other order is behind: one more of this one would tilt the batch.
  if (values.length >= full) return latency;
  const grown = { ...latency, [order]: [...values, champion.ms, challenger.ms] };
  return grown.championFirst.length >= full && grown.challengerFirst.length >= full
    ? closeBatch(grown)
    : grown;
}

function closeBatch(latency: Latency): Latency {
  const values = [...latency.championFirst, ...latency.challengerFirst];
  const champion = sorted(values.filter((_, i) => i % 2 === 0));
  const challenger = sorted(values.filter((_, i) => i % 2 === 1));
  const batches = latency.batches + 1;
  const ratio = (share: number): number => Math.log(rank(challenger, share) / rank(champion, share));
  return {
    ...latency,
    championFirst: [],
    challengerFirst: [],
    batches,
    p50: widen(latency.p50, ratio(0.5), batches),
    p99: widen(latency.p99, ratio(0.99), batches),
  };
}

const sorted = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b);

/** Nearest rank. */
const rank = (ascending: readonly number[], share: number): number =>
  ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? Number.NaN;

function widen({ mean, squares }: Spread, value: number, count: number): Spread {
  const next = mean + (value - mean) / count;
  return { mean: next, squares: squares + (value - mean) * (value - next) };
}

/** Per cent; infinite bounds while too little is known. */
export interface LatencyChange {
  readonly percent: number;
  readonly low: number;
  readonly high: number;
}

// The variance of fewer batches is no estimate.
const LEAST_BATCHES = 8;
// Where the sequence is tightest; it holds everywhere.
const TIGHTEST_AT_BATCHES = 30;

/** Estimate with bounds that hold at all times together, asymptotically: the confidence sequence of I. Waudby-Smith,
 *  D. Arbour, R. Sinha, E. Kennedy and A. Ramdas, "Time-uniform central limit theory and asymptotic confidence
 *  sequences", Annals of Statistics 52, 2024, (2). */
export function latencyChange(latency: Latency, quantile: LatencyQuantile, alpha: number): LatencyChange {
  const { mean, squares } = latency[quantile];
  const n = latency.batches;
  if (n < LEAST_BATCHES) {
    return {
      percent: n === 0 ? Number.NaN : asPercent(mean),
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    };
  }
  const deviation = Math.sqrt(squares / (n - 1));
  const rho2 = tuning(alpha) / TIGHTEST_AT_BATCHES;
  const half =
    deviation *
    Math.sqrt(((2 * (n * rho2 + 1)) / (n * n * rho2)) * Math.log(Math.sqrt(n * rho2 + 1) / alpha));
  return { percent: asPercent(mean), low: asPercent(mean - half), high: asPercent(mean + half) };
}

/** rho^2 t that minimises the width at t (the same paper, B.2, its leading terms). */
const tuning = (alpha: number): number => -2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha) + 1);

const asPercent = (logRatio: number): number => Math.expm1(logRatio) * 100;
