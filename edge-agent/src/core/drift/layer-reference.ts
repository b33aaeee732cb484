import { invertPositive, meanOfRows, shrunkCovariance } from "../covariance.ts";
import { meanAndDeviation } from "../statistics.ts";
import type { DriftPolicy } from "./drift-policy.ts";
import { fQuantile } from "./tail.ts";

/** Where the windows of a healthy machine lie in one layer, and how far the mean of a block may lie from them. */
export interface LayerReference {
  readonly mean: Float64Array;
  /** Windows are scaled by it, and taken to be no farther from the mean than `reach` of it: one odd window is no drift. */
  readonly deviation: Float64Array;
  readonly reach: Float64Array;
  /** Mean of the reference after that. */
  readonly centre: Float64Array;
  /** Inverse covariance of a block's mean, row-major. */
  readonly precision: Float64Array;
  /** The squared distance that one healthy block in `layers x expectedRunBlocks` exceeds. */
  readonly limit: number;
}

/** Three layers look at each block: each may be wrong a third as often (Bonferroni). */
const LAYERS = 3;
/** A window counts up to here, in deviations, and further where a block's mean wanders far. */
const LEAST_REACH = 3;
const REACH_OF_BLOCK = 7;
/** The reference's own blocks may lie close by chance, but never count as closer than this share of what they should. */
const LEAST_SCALE = 0.78;
/** Each is a fit of its own: this bounds how long the rest of the agent waits (measured: 25 ms for 288 windows). */
const MOST_LEFT_OUT = 24;

/** Population-stability indices and histograms of scores are of no use on a block: with no change at all the index of 12
 *  windows against 288, in ten bins, is 9 x (1/12 + 1/288) = 0.8 in the mean, and 0.2 is called severe. So all layers are
 *  tested by the distance of the block's mean (H. Hotelling, Ann. Math. Stat. 2, 1931) with a shrunk covariance, which
 *  sees what moves together, and the threshold comes from blocks of the reference that were left out of the fit.
 *  @param rows the reference: at least 20 rows and four blocks
 *  @param floors deviations that never count as a change */
export function fitLayer(
  rows: readonly Float64Array[],
  floors: Float64Array,
  policy: DriftPolicy,
): LayerReference {
  const scale = scaleOf(rows, floors, policy);
  const bounded = rows.map((row) => row.map((value, j) => boundedAt(scale, value, j)));
  const fitted = fit(bounded, scale, policy);
  const size = floors.length;
  const mean = meanAndDeviation(leaveOutDistances(bounded, scale, policy)).mean;
  const { deviation, reach } = scale;
  return {
    mean: scale.mean,
    deviation,
    reach,
    ...fitted,
    limit: Math.max(LEAST_SCALE * size, mean) * tailOf(size, rows.length, policy),
  };
}

/** Distances that blocks of the reference show when they were not part of the fit. Half a block on either side stays out as
 *  well: neighbours know the block (moving-block jackknife; H. R. Kuensch, Ann. Stat. 17, 1989). */
function leaveOutDistances(bounded: readonly Float64Array[], scale: Scale, policy: DriftPolicy): number[] {
  const { blockWindows } = policy;
  const beside = Math.floor(blockWindows / 2);
  const stride = Math.max(1, beside, Math.floor(bounded.length / MOST_LEFT_OUT));
  const distances: number[] = [];
  for (let start = 0; start + blockWindows <= bounded.length; start += stride) {
    const kept = [
      ...bounded.slice(0, Math.max(0, start - beside)),
      ...bounded.slice(start + blockWindows + beside),
    ];
    const without = fit(kept, scale, policy);
    const block = meanOfRows(bounded.slice(start, start + blockWindows));
    distances.push(
      distanceOf(
        without,
        block.map((value, j) => value - (without.centre[j] ?? 0)),
      ),
    );
  }
  return distances;
}

/** The quantile of a distance over its mean. Few windows leave the covariance uncertain, few blocks the scale: the F
 *  distribution's tail grows with both (Hotelling's own, and the ratio of two variances). */
function tailOf(size: number, windows: number, policy: DriftPolicy): number {
  const ofCovariance = Math.max(3, windows - size);
  const ofScale = (size * windows) / policy.blockWindows / 2;
  const degrees = Math.max(4.5, 1 / (1 / ofCovariance + 1 / ofScale));
  const quantile = fQuantile(1 - 1 / (LAYERS * policy.expectedRunBlocks), size, degrees);
  return (quantile * (degrees - 2)) / degrees;
}

/** How each number is scaled, and how far a block's mean scatters and may wander. */
interface Scale extends Pick<LayerReference, "deviation" | "mean" | "reach"> {
  /** Variance of a block's mean over that of independent windows. */
  readonly spread: Float64Array;
  /** Variance that a block's mean is allowed beside: never seen in so short a time, or never minded. */
  readonly allowed: Float64Array;
}

function scaleOf(rows: readonly Float64Array[], floors: Float64Array, policy: DriftPolicy): Scale {
  const { mean, deviation } = momentsOfRows(rows, floors);
  const near = { mean, deviation, reach: mean.map(() => LEAST_REACH) };
  const spread = wanderOfBlocks(
    rows.map((row) => row.map((value, j) => boundedAt(near, value, j))),
    policy.blockWindows,
  );
  const allowed = floors.map((floor, j) => policy.wander ** 2 + (floor / (deviation[j] ?? 1)) ** 2);
  const reach = allowed.map((value, j) =>
    Math.max(LEAST_REACH, REACH_OF_BLOCK * Math.sqrt((spread[j] ?? 1) / policy.blockWindows + value)),
  );
  return { mean, deviation, reach, spread, allowed };
}

/** Mean of scaled windows, and how means of blocks scatter about it. */
function fit(
  bounded: readonly Float64Array[],
  { spread, allowed }: Scale,
  policy: DriftPolicy,
): Pick<LayerReference, "centre" | "precision"> {
  const centre = meanOfRows(bounded);
  const size = centre.length;
  const block = shrunkCovariance(bounded, centre).map((value, place) => {
    const [i, j] = [Math.floor(place / size), place % size];
    const scatter = (value * Math.sqrt((spread[i] ?? 1) * (spread[j] ?? 1))) / policy.blockWindows;
    return i === j ? scatter + (allowed[i] ?? 0) : scatter;
  });
  return { centre, precision: invertPositive(block, size) };
}

/** A value in deviations from the mean, within reach. */
export function boundedAt(
  reference: Pick<LayerReference, "deviation" | "mean" | "reach">,
  value: number,
  j: number,
): number {
  const reach = reference.reach[j] ?? LEAST_REACH;
  const offset = (value - (reference.mean[j] ?? 0)) / (reference.deviation[j] ?? 1);
  return Math.min(reach, Math.max(-reach, offset));
}

/** Squared distance of a block's mean, in units of how far such means scatter. */
export function distanceOf(reference: Pick<LayerReference, "precision">, offset: Float64Array): number {
  const size = offset.length;
  let sum = 0;
  for (let i = 0; i < size; i += 1) {
    let product = 0;
    for (let j = 0; j < size; j += 1) product += (reference.precision[i * size + j] ?? 0) * (offset[j] ?? 0);
    sum += product * (offset[i] ?? 0);
  }
  return Math.max(0, sum);
}

function momentsOfRows(rows: readonly Float64Array[], floors: Float64Array) {
  const columns = [...floors.keys()].map((j) => meanAndDeviation(rows.map((row) => row[j] ?? 0)));
  return {
    mean: Float64Array.from(columns, (column) => column.mean),
    // A number that stood still is as steady as its floor, or nearly: no division by nothing.
    deviation: Float64Array.from(columns, (column, j) => Math.max(column.deviation, (floors[j] ?? 0) / 10)),
  };
}

/** How many times farther the means of moving blocks scatter than those of independent windows would, per number, 1 or
 *  more: neighbours are alike. Where there are few blocks each number's own is drawn towards that of all. */
function wanderOfBlocks(rows: readonly Float64Array[], blockWindows: number): Float64Array {
  const size = rows[0]?.length ?? 0;
  const count = rows.length;
  const own = Float64Array.from({ length: size }, (_, j) => {
    const column = rows.map((row) => row[j] ?? 0);
    const { deviation } = meanAndDeviation(column);
    if (deviation === 0) return 1;
    const means = movingMeans(column, blockWindows);
    // Blocks of a short reference share its mean, and scatter less about it.
    const shortness = Math.max(0.3, 1 - (1.5 * blockWindows) / count);
    return (meanAndDeviation(means).deviation ** 2 * blockWindows) / deviation ** 2 / shortness;
  });
  const common = own.reduce((sum, value) => sum + value, 0) / size;
  const trust = count / blockWindows / (count / blockWindows + BLOCKS_OF_HALF_TRUST);
  return own.map((value) => Math.max(1, trust * value + (1 - trust) * common));
}

const BLOCKS_OF_HALF_TRUST = 10;

function movingMeans(column: readonly number[], length: number): number[] {
  const means: number[] = [];
  let sum = 0;
  column.forEach((value, i) => {
    sum += value - (column[i - length] ?? 0);
    if (i >= length - 1) means.push(sum / length);
  });
  return means;
}
