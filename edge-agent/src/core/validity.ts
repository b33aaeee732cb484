import type { SensorState } from "./score.ts";

/** When samples are no evidence about the machine. Shares are of the block. */
export interface ValidityPolicy {
  /** A run of equal neighbours this long means a converter that stands still ("flat"). A sound sensor's noise
   *  changes at least the last bit: below a tenth of a block, even at 8 bits. */
  readonly stuckShare: number;
  /** Vibration below this share of the offset means a dead input at a rail ("disconnected"): an open IEPE input rests
   *  at its supply, an open 4-20 mA loop at zero or full scale. A silent MEMS sensor that carries 1 g shows about
   *  2 mg of its own noise, which is twice this. */
  readonly leastVibrationOfOffset: number;
  /** So many samples exactly at the highest or lowest value there is ("clipped") ... */
  readonly clippedShare: number;
  /** ... and that many times as many as just inside: a sine dwells at its crests too, but as much beside them. */
  readonly clippedOverInside: number;
}

export const defaultValidityPolicy: ValidityPolicy = {
  stuckShare: 0.25,
  leastVibrationOfOffset: 1e-3,
  clippedShare: 0.005,
  clippedOverInside: 4,
};

/** "Just inside" reaches so far from the extreme, as a share of the range between the extremes. */
const INSIDE = 0.01;

/** What the sensor itself looks like, judged on samples at the rate they were taken at: resampling hides clipping. */
export function sensorStateOf(
  samples: Float32Array,
  policy: ValidityPolicy = defaultValidityPolicy,
): SensorState {
  const { first, sum, squares, min, max, longestRun } = survey(samples);
  const count = samples.length;
  if (!Number.isFinite(squares) || count === 0) return "bad-quality";
  if (max === min || longestRun >= policy.stuckShare * count) return "flat";
  const offset = sum / count;
  const vibration = Math.sqrt(Math.max(0, squares / count - offset * offset));
  if (vibration < policy.leastVibrationOfOffset * Math.abs(first + offset)) return "disconnected";
  return isClipped(samples, min, max, policy) ? "clipped" : "valid";
}

/** One pass with little in it, as every block of every sensor goes through it. `sum` and `squares` are about the first
 *  sample, so that a large offset does not drown the vibration in rounding; `longestRun`: most equal samples in a row. */
function survey(samples: Float32Array) {
  const first = samples[0] ?? 0;
  let [sum, squares, min, max] = [0, 0, first, first];
  let [last, start, longestRun] = [first, 0, 0];
  for (let i = 0; i < samples.length; i += 1) {
    const sample = samples[i] ?? 0;
    const offset = sample - first;
    sum += offset;
    squares += offset * offset;
    if (sample > max) max = sample;
    else if (sample < min) min = sample;
    if (sample !== last) {
      if (i - start > longestRun) longestRun = i - start;
      start = i;
      last = sample;
    }
  }
  return { first, sum, squares, min, max, longestRun: Math.max(longestRun, samples.length - start) };
}

/** Are there far more samples at an extreme than just inside of it? */
function isClipped(samples: Float32Array, min: number, max: number, policy: ValidityPolicy): boolean {
  const many = policy.clippedShare * samples.length;
  const atMax = countBetween(samples, max, max);
  const atMin = countBetween(samples, min, min);
  // Sound signals end here: their extremes are met once or twice.
  if (Math.max(atMax, atMin) < many) return false;
  const inside = INSIDE * (max - min);
  // Coarse converters have no level within a hundredth of the range: then the next level counts as "just inside".
  let [belowMax, aboveMin] = [min, max];
  for (const sample of samples) {
    if (sample < max && sample > belowMax) belowMax = sample;
    if (sample > min && sample < aboveMin) aboveMin = sample;
  }
  const nearMax = countBetween(samples, Math.min(max - inside, belowMax), max) - atMax;
  const nearMin = countBetween(samples, min, Math.max(min + inside, aboveMin)) - atMin;
  const isSpike = (at: number, near: number): boolean => at >= many && at >= policy.clippedOverInside * near;
  return isSpike(atMax, nearMax) || isSpike(atMin, nearMin);
}

function countBetween(samples: Float32Array, from: number, to: number): number {
  let count = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const sample = samples[i] ?? 0;
    if (sample >= from && sample <= to) count += 1;
  }
  return count;
}
