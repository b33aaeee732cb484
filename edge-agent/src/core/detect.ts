import type { Knowledge } from "./baseline.ts";
import type { FaultClass, Features, Score, SensorState, Votes } from "./score.ts";
import { type LearntBand, spectrumRatioOf } from "./speed-band.ts";
import { logit } from "./statistics.ts";
import type { TimeUs } from "./time.ts";

export interface DetectorPolicy {
  /** Of the three voices (network, spectrum, RMS) so many make a window abnormal. */
  readonly votesNeeded: 1 | 2 | 3;
  /** Below this share of the healthy RMS the machine stands still, or the sensor fell off: nothing is said of its
   *  health. 0.1 is 20 dB, five times more than the gain may have changed. */
  readonly standstillShare: number;
}

export const defaultDetectorPolicy: DetectorPolicy = { votesNeeded: 2, standstillShare: 0.1 };

/** The little of a model's contract that a verdict needs. */
export interface Judge {
  /** "name version" */
  readonly model: string;
  readonly classes: readonly string[];
  /** 1 - P(healthy) above this is the network's vote, unless the baseline raised it. */
  readonly anomalyThreshold: number;
}

/** The part of a RawScore that is judged. */
interface ModelAnswer {
  /** In the order of the classes. */
  readonly probabilities: Float32Array;
  readonly spectrum: Float32Array;
}

/** One window, as heard. */
export interface HeardWindow {
  readonly machine: string;
  readonly sensor: string;
  /** End of the window. */
  readonly timeUs: TimeUs;
  readonly sequence: number;
  /** 0 where unknown. */
  readonly shaftHz: number;
  readonly sensorState: SensorState;
  readonly features?: Features;
  /** What the model said; absent where it was not asked. */
  readonly raw?: ModelAnswer;
  readonly latencyMs: number;
}

/** A window against what was known of its speed when it was scored: the healthy frame that went into the network must
 *  be the one of `knowledge`. */
export function detect(
  window: HeardWindow,
  knowledge: Knowledge,
  judge: Judge,
  policy: DetectorPolicy = defaultDetectorPolicy,
): Score {
  const { machine, sensor, timeUs, sequence, shaftHz, sensorState, features, latencyMs } = window;
  const said = { machine, sensor, timeUs, sequence, model: judge.model, shaftHz, sensorState, latencyMs };
  const score = { ...said, anomaly: 0, ...(features === undefined ? {} : { features }) };
  // Samples near the end of the number range leave the model as no numbers: no verdict is better than a wrong one.
  if (sensorState !== "valid" || window.raw === undefined || !isFiniteAnswer(window.raw)) {
    return { ...score, state: "not-scored" };
  }
  if (knowledge.kind === "learning") return { ...score, state: "learning" };
  if (knowledge.kind === "none") return { ...score, state: "no-baseline" };
  const { band } = knowledge;
  const rmsRatio = features === undefined ? undefined : features.rms / band.rms;
  if (rmsRatio !== undefined && rmsRatio < policy.standstillShare) {
    return { ...score, state: "not-scored", rmsRatio };
  }
  const voices = listen(window.raw, features, band, judge);
  const hint = mostLikely(window.raw.probabilities, judge.classes);
  return {
    ...score,
    state: "scored",
    anomaly: anomalyOf(voices, policy.votesNeeded),
    votes: votesOf(voices),
    ...(hint === undefined ? {} : { faultHint: hint }),
    probabilities: [...window.raw.probabilities],
    spectrumRatio: voices.spectrum,
    ...(rmsRatio === undefined ? {} : { rmsRatio }),
  };
}

const isFiniteAnswer = (raw: ModelAnswer): boolean =>
  raw.probabilities.every(Number.isFinite) && raw.spectrum.every(Number.isFinite);

/** How far each voice is from its own limit: 1 at the limit. */
interface Voices {
  readonly network: number;
  readonly spectrum: number;
  readonly rms: number;
}

function listen(raw: ModelAnswer, features: Features | undefined, band: LearntBand, judge: Judge): Voices {
  const healthy = raw.probabilities[judge.classes.indexOf("healthy")] ?? 1;
  const limit = judge.anomalyThreshold;
  return {
    // Odds are squares of amplitude-like ratios: their root keeps step with the other two.
    network: Math.exp((logit(1 - healthy) - logit(limit)) / 2),
    spectrum: spectrumRatioOf(band, raw.spectrum),
    // Without features this voice is silent.
    rms: features === undefined ? 0 : features.rms / band.rmsLimit,
  };
}

const votesOf = (voices: Voices): Votes => ({
  network: voices.network > 1,
  spectrum: voices.spectrum > 1,
  rms: voices.rms > 1,
});

/** The ratio r that so many voices reach, as r^2 / (1 + r^2): 0.5 where just enough of them are at their limits, 0.8
 *  where they are at twice their limits, monotone in each voice. Above 0.5 exactly when the votes suffice. */
function anomalyOf(voices: Voices, votesNeeded: number): number {
  const loudestFirst = [voices.network, voices.spectrum, voices.rms].sort((a, b) => b - a);
  const ratio = loudestFirst[votesNeeded - 1] ?? 0;
  // The same as r^2 / (1 + r^2), for 0 and for ratios whose square is too large for a number too.
  return 1 / (1 + ratio ** -2);
}

const FAULT_CLASSES: readonly string[] = [
  "healthy",
  "inner-race",
  "outer-race",
  "ball",
  "shaft",
] satisfies FaultClass[];

const isFaultClass = (name: string | undefined): name is FaultClass =>
  name !== undefined && FAULT_CLASSES.includes(name);

function mostLikely(probabilities: Float32Array, classes: readonly string[]): FaultClass | undefined {
  const name = classes[probabilities.indexOf(Math.max(...probabilities))];
  return isFaultClass(name) ? name : undefined;
}
