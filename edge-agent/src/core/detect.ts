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
  /** What the model said; absent where it was not asked, or could not be run. */
  readonly raw?: ModelAnswer;
  /** The network fails too often to be believed, whatever it said of this window. */
  readonly isDegraded?: boolean;
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
  const raw = window.raw !== undefined && isFiniteAnswer(window.raw) ? window.raw : undefined;
  const isDegraded = window.isDegraded === true;
  if (sensorState !== "valid" || (raw === undefined && !isDegraded)) return { ...score, state: "not-scored" };
  if (knowledge.kind === "learning") return { ...score, state: "learning" };
  if (knowledge.kind === "none") return { ...score, state: "no-baseline" };
  const { band } = knowledge;
  const rmsRatio = features === undefined ? undefined : features.rms / band.rms;
  if (rmsRatio !== undefined && rmsRatio < policy.standstillShare) {
    return { ...score, state: "not-scored", rmsRatio };
  }
  const heard = { ...score, ...(rmsRatio === undefined ? {} : { rmsRatio }) };
  if (isDegraded || raw === undefined) return byThresholds(heard, listenWithoutNetwork(raw, features, band));
  const voices = listen(raw, features, band, judge);
  const hint = mostLikely(raw.probabilities, judge.classes);
  return {
    ...heard,
    state: "scored",
    anomaly: anomalyOf(Object.values(voices), policy.votesNeeded),
    votes: votesOf(voices),
    ...(hint === undefined ? {} : { faultHint: hint }),
    probabilities: [...raw.probabilities],
    spectrumRatio: voices.spectrum,
  };
}

/** Threshold alarms: any voice that is left and over its own limit makes the window abnormal. Of three voices two must agree
 *  because each alone can be fooled, RMS by a gain; but of those that are left often only RMS has a say, and two votes
 *  could never come together: a machine would be called healthy because nobody listens. One voice is what a vibration
 *  switch has as well; what it costs is more false alarms, and they are marked as what they are. */
function byThresholds(score: Omit<Score, "state">, voices: Partial<Voices>): Score {
  const ratios = Object.values(voices);
  if (ratios.length === 0) return { ...score, state: "not-scored" };
  return {
    ...score,
    state: "degraded",
    anomaly: anomalyOf(ratios, 1),
    votes: votesOf(voices),
    ...(voices.spectrum === undefined ? {} : { spectrumRatio: voices.spectrum }),
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

/** The spectrum is reckoned before the network has its turn, and is as good as ever; but it comes with the answer.
 *  A voice that cannot be heard has no vote, not one for "as usual". */
function listenWithoutNetwork(
  raw: ModelAnswer | undefined,
  features: Features | undefined,
  band: LearntBand,
): Partial<Voices> {
  const rms = features === undefined ? Number.NaN : features.rms / band.rmsLimit;
  return {
    ...(raw === undefined ? {} : { spectrum: spectrumRatioOf(band, raw.spectrum) }),
    ...(Number.isFinite(rms) ? { rms } : {}),
  };
}

const votesOf = (voices: Partial<Voices>): Votes =>
  Object.fromEntries(Object.entries(voices).map(([name, ratio]) => [name, ratio > 1]));

/** The ratio r that so many voices reach, as r^2 / (1 + r^2): 0.5 where just enough of them are at their limits, 0.8
 *  where they are at twice their limits, monotone in each voice. Above 0.5 exactly when the votes suffice. */
function anomalyOf(ratios: readonly number[], votesNeeded: number): number {
  const loudestFirst = [...ratios].sort((a, b) => b - a);
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
