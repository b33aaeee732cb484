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
  const shape = survey(samples);
  if (!Number.isFinite(shape.sum) || samples.length === 0) return "bad-quality";
  if (shape.max === shape.min || shape.longestRun >= policy.stuckShare * samples.length) return "flat";
  const mean = shape.sum / samples.length;
  const vibration = Math.sqrt(Math.max(0, shape.squares / samples.length - (mean - shape.first) ** 2));
  if (vibration < policy.leastVibrationOfOffset * Math.abs(mean)) return "disconnected";
  const many = policy.clippedShare * samples.length;
  const isSuspect = Math.max(shape.atMax, shape.atMin) >= many;
  return isSuspect && isClipped(samples, shape, many, policy) ? "clipped" : "valid";
}

interface Shape {
  readonly first: number;
  readonly sum: number;
  /** About the first sample, so that a large offset does not drown the vibration in rounding. */
  readonly squares: number;
  readonly min: number;
  readonly max: number;
  readonly atMin: number;
  readonly atMax: number;
  /** Most equal samples in a row. */
  readonly longestRun: number;
}

/** One pass, as every block of every sensor goes through it. */
function survey(samples: Float32Array): Shape {
  const first = samples[0] ?? 0;
  let [sum, squares, min, max, atMin, atMax, run, longestRun] = [0, 0, first, first, 0, 0, 0, 0];
  let last = Number.NaN;
  for (let i = 0; i < samples.length; i += 1) {
    const sample = samples[i] ?? 0;
    sum += sample;
    squares += (sample - first) * (sample - first);
    if (sample > max) [max, atMax] = [sample, 1];
    else if (sample === max) atMax += 1;
    if (sample < min) [min, atMin] = [sample, 1];
    else if (sample === min) atMin += 1;
    run = sample === last ? run + 1 : 1;
    if (run > longestRun) longestRun = run;
    last = sample;
  }
  return { first, sum, squares, min, max, atMin, atMax, longestRun };
}

/** Are there far more samples at an extreme than just inside of it? */
function isClipped(samples: Float32Array, shape: Shape, many: number, policy: ValidityPolicy): boolean {
  const { min, max, atMin, atMax } = shape;
  const inside = INSIDE * (max - min);
  // Coarse converters have no level within a hundredth of the range: then the next level counts as "just inside".
  let [belowMax, aboveMin] = [min, max];
  for (const sample of samples) {
    if (sample < max && sample > belowMax) belowMax = sample;
    if (sample > min && sample < aboveMin) aboveMin = sample;
  }
  const highFrom = Math.min(max - inside, belowMax);
  const lowTo = Math.max(min + inside, aboveMin);
  let [nearMax, nearMin] = [-atMax, -atMin];
  for (const sample of samples) {
    if (sample >= highFrom) nearMax += 1;
    if (sample <= lowTo) nearMin += 1;
  }
  const isSpike = (at: number, near: number): boolean => at >= many && at >= policy.clippedOverInside * near;
  return isSpike(atMax, nearMax) || isSpike(atMin, nearMin);
}
