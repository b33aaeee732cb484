import { unreachable } from "../errors.ts";
import type { Features } from "../score.ts";
import type { DriftLayer } from "./drift-types.ts";
import { createProjection, type Projection } from "./projection.ts";

/** What drift looks at of one window: a few numbers a layer, all of them near normal when the machine is healthy. */
export type Observation = Readonly<Record<DriftLayer, Float32Array>>;

export const layers: readonly DriftLayer[] = ["input", "embedding", "output"];

/** The part of a model's answer that is looked at. */
export interface AnswerParts {
  readonly probabilities: Float32Array;
  readonly embedding: Float32Array;
  /** Free of gain, its mean is 0: one band less says the same. */
  readonly spectrum: Float32Array;
}

/** Makes observations; its arrays are the caller's until the next one. */
export interface Observer {
  /** @returns undefined where a number is none */
  observe(answer: AnswerParts, features: Features): Observation | undefined;
}

// Few numbers: thresholds from a short reference rise with each (measured: with 10 of them a gain of x1.2 was missed after
// 24 windows).
const BANDS = 5;
const DIRECTIONS = 6;
const SEED = 20_261_123;
const INPUT_FLOORS = [0.02, 0.05, 0.03];
/** Below a millionth a probability of a softmax in float32 says nothing more. */
const LEAST_PROBABILITY = 1e-6;

/** Changes of a layer's numbers that are no drift, however steady they were. Input: 2 % of level, 5 % of kurtosis,
 *  0.03 nepers of a band's power (0.13 dB): so far they shift with the phase of harmonics or the warmth of a sensor.
 *  Output: a quarter of a neper of odds. Of an embedding nobody knows the unit. */
export function floorsOf(layer: DriftLayer, size: number): Float64Array {
  switch (layer) {
    case "input":
      return Float64Array.from({ length: size }, (_, i) => INPUT_FLOORS[Math.min(i, 2)] ?? 0);
    case "embedding":
      return new Float64Array(size).fill(1e-6);
    case "output":
      return new Float64Array(size).fill(0.25);
    default:
      return unreachable(layer);
  }
}

/** @param healthyClass index of "healthy" among the classes */
export function createObserver(healthyClass: number): Observer {
  const input = new Float32Array(2 + BANDS - 1);
  const embedding = new Float32Array(DIRECTIONS);
  let output = new Float32Array(0);
  let projection: Projection | undefined;

  return {
    observe({ probabilities, embedding: full, spectrum }, { rms, kurtosis }) {
      input[0] = Math.log(rms);
      input[1] = Math.log(kurtosis);
      writeBands(spectrum, input, 2);
      if (projection?.from !== full.length) projection = createProjection(SEED, full.length, DIRECTIONS);
      projection.project(full, embedding, 0);
      if (output.length !== probabilities.length - 1) output = new Float32Array(probabilities.length - 1);
      writeLogOdds(probabilities, healthyClass, output);
      return allFinite(input) && allFinite(embedding) && allFinite(output)
        ? { input, embedding, output }
        : undefined;
    },
  };
}

/** All bands but the last, each the mean of as many lines. */
function writeBands(spectrum: Float32Array, out: Float32Array, offset: number): void {
  for (let band = 0; band < BANDS - 1; band += 1) {
    const from = Math.floor((band * spectrum.length) / BANDS);
    const to = Math.max(from + 1, Math.floor(((band + 1) * spectrum.length) / BANDS));
    let sum = 0;
    for (let i = from; i < to; i += 1) sum += spectrum[i] ?? 0;
    out[offset + band] = sum / (to - from);
  }
}

/** Of each class against "healthy". */
function writeLogOdds(probabilities: Float32Array, healthyClass: number, out: Float32Array): void {
  const healthy = Math.log(Math.max(LEAST_PROBABILITY, probabilities[healthyClass] ?? 0));
  let place = 0;
  for (let i = 0; i < probabilities.length; i += 1) {
    if (i === healthyClass) continue;
    out[place] = Math.log(Math.max(LEAST_PROBABILITY, probabilities[i] ?? 0)) - healthy;
    place += 1;
  }
}

function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i += 1) if (!Number.isFinite(values[i])) return false;
  return true;
}
