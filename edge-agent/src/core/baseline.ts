import type { SensorState } from "./score.ts";
import {
  distanceFrom,
  fitReference,
  leaveOutDistances,
  type SpectrumReference,
} from "./spectrum-distance.ts";
import { meanAndDeviation, predictionFactor } from "./statistics.ts";

/** Fewer windows give no limit worth the name (measured: false alarms rise, detection falls at 5). */
export const LEAST_BASELINE_WINDOWS = 10;

export interface BaselinePolicy {
  /** Healthy windows that make a baseline, per speed band; 10 or more. */
  readonly windows: number;
  /** Copies with other gain and noise that each window brings along. With one, a tenth of the windows under noise as
   *  strong as the signal were still over the limit of a baseline of 20; with two, none of 111. */
  readonly copies: number;
  /** Half the width of a speed band, as a share of its speed (20 % off was measured to fail). */
  readonly speedTolerance: number;
  /** Chance that a healthy window exceeds a limit of its own baseline; limits follow from it. */
  readonly falseAlarmRate: number;
  /** Contiguous parts that are left out in turn to find the limit of the spectrum distance. */
  readonly folds: number;
  /** Speeds kept at most; a machine that never holds its speed must not fill the memory. */
  readonly mostBands: number;
  /** New speeds are learnt only among the first so many valid windows: a speed met later may be met in a bad state. */
  readonly commissioningWindows: number;
  /** No band of the spectrum is taken to be steadier than this, in nepers of power (0.02 = 0.09 dB). */
  readonly leastSpectrumDeviation: number;
  /** The RMS limit is at least this many times the usual RMS: a quarter more is the smallest change that counts as
   *  significant (compare ISO 20816-1, criterion II). */
  readonly leastRmsRatio: number;
}

export const defaultBaselinePolicy: BaselinePolicy = {
  windows: 20,
  copies: 2,
  speedTolerance: 0.03,
  falseAlarmRate: 1e-3,
  folds: 4,
  mostBands: 16,
  commissioningWindows: 500,
  leastSpectrumDeviation: 0.02,
  leastRmsRatio: 1.25,
};

/** A speed whose healthy windows are still being collected. */
export interface LearningBand {
  readonly kind: "learning";
  /** Mean speed of the windows; 0: speed unknown. */
  readonly shaftHz: number;
  readonly frameSum: Float64Array;
  /** Of each window: its own spectrum, then its copies'. */
  readonly spectra: readonly (readonly Float32Array[])[];
  readonly rms: readonly number[];
}

/** What the sensor looks like at one speed when the machine is healthy. */
export interface LearntBand {
  readonly kind: "learnt";
  readonly shaftHz: number;
  readonly windows: number;
  /** Mean frame: goes back into the network with each window. */
  readonly healthyFrame: Float32Array;
  readonly spectrum: SpectrumReference;
  readonly spectrumLimit: number;
  /** Geometric mean. */
  readonly rms: number;
  readonly rmsLimit: number;
  /** Raised limit of the network's 1 - P(healthy), where the machine's own windows asked for one. */
  readonly networkLimit?: number;
}

export type Band = LearningBand | LearntBand;

/** What one sensor looks like when its machine is healthy, per speed. Plain data: every change is a new one. */
export interface Baseline {
  readonly sensor: string;
  /** The model whose frames and spectra these are; no other can be compared with them. */
  readonly model: string;
  /** Valid windows heard since the beginning. */
  readonly heard: number;
  readonly bands: readonly Band[];
}

/** One window of a machine that is taken to be healthy. */
export interface HealthyWindow {
  readonly sensorState: SensorState;
  /** 0 where unknown. */
  readonly shaftHz: number;
  readonly rms: number;
  readonly frame: Float32Array;
  readonly spectrum: Float32Array;
  /** Spectra of the window's augmented copies. */
  readonly copies: readonly Float32Array[];
}

/** Nothing learnt yet; also how a baseline is forgotten. */
export const emptyBaseline = (sensor: string, model: string): Baseline => ({
  sensor,
  model,
  heard: 0,
  bands: [],
});

/** What a baseline knows of a speed. */
export type Knowledge =
  | { readonly kind: "learnt"; readonly band: LearntBand }
  /** `progress` 0..1: windows of this speed are wanted. */
  | { readonly kind: "learning"; readonly progress: number }
  | { readonly kind: "none" };

export function lookUp(
  baseline: Baseline,
  shaftHz: number,
  policy: BaselinePolicy = defaultBaselinePolicy,
): Knowledge {
  const band = findBand(baseline, shaftHz, policy);
  if (band?.kind === "learnt") return { kind: "learnt", band };
  if (!isCommissioning(baseline, policy)) return { kind: "none" };
  if (band === undefined && freeSlot(baseline, policy) === undefined) return { kind: "none" };
  return { kind: "learning", progress: (band?.rms.length ?? 0) / needed(policy) };
}

/** Takes what it needs of a window: nothing from a sensor that is not valid or silent, nothing at a speed that is
 *  learnt. Give it every window of a machine in operation; the result is the same object where nothing changed.
 *  @throws RangeError when frame or spectrum have another length than before: another model */
export function learn(
  baseline: Baseline,
  window: HealthyWindow,
  policy: BaselinePolicy = defaultBaselinePolicy,
): Baseline {
  if (window.sensorState !== "valid" || !(window.rms > 0 && Number.isFinite(window.rms))) return baseline;
  const knowledge = lookUp(baseline, window.shaftHz, policy);
  const heard = baseline.heard + 1;
  if (knowledge.kind !== "learning")
    return isCommissioning(baseline, policy) ? { ...baseline, heard } : baseline;
  const known = findBand(baseline, window.shaftHz, policy);
  const band = known?.kind === "learning" ? known : startBand(window);
  const place = known === undefined ? (freeSlot(baseline, policy) ?? 0) : baseline.bands.indexOf(known);
  const grown = add(band, window);
  const bands = [...baseline.bands];
  bands[place] = grown.rms.length >= needed(policy) ? complete(grown, policy) : grown;
  return { ...baseline, heard, bands };
}

const needed = (policy: BaselinePolicy): number => Math.max(LEAST_BASELINE_WINDOWS, policy.windows);

function isCommissioning(baseline: Baseline, policy: BaselinePolicy): boolean {
  return (
    baseline.heard < policy.commissioningWindows || !baseline.bands.some((band) => band.kind === "learnt")
  );
}

/** The nearest band that a speed falls into. */
function findBand(baseline: Baseline, shaftHz: number, policy: BaselinePolicy): Band | undefined {
  const offset = (band: Band): number => {
    if (!(shaftHz > 0)) return band.shaftHz === 0 ? 0 : Number.POSITIVE_INFINITY;
    return band.shaftHz === 0 ? Number.POSITIVE_INFINITY : Math.abs(shaftHz / band.shaftHz - 1);
  };
  return baseline.bands
    .filter((band) => offset(band) <= policy.speedTolerance)
    .sort((a, b) => offset(a) - offset(b))[0];
}

/** Where a new band goes: behind the others, or, when there are too many, in place of the least learnt. */
function freeSlot(baseline: Baseline, policy: BaselinePolicy): number | undefined {
  if (baseline.bands.length < policy.mostBands) return baseline.bands.length;
  let least: { readonly place: number; readonly windows: number } | undefined;
  baseline.bands.forEach((band, place) => {
    if (band.kind === "learning" && band.rms.length < (least?.windows ?? Number.POSITIVE_INFINITY)) {
      least = { place, windows: band.rms.length };
    }
  });
  return least?.place;
}

const startBand = (window: HealthyWindow): LearningBand => ({
  kind: "learning",
  shaftHz: 0,
  frameSum: new Float64Array(window.frame.length),
  spectra: [],
  rms: [],
});

function add(band: LearningBand, window: HealthyWindow): LearningBand {
  const spectrumLength = band.spectra[0]?.[0]?.length ?? window.spectrum.length;
  const spectra = [window.spectrum, ...window.copies];
  if (window.frame.length !== band.frameSum.length || spectra.some((one) => one.length !== spectrumLength)) {
    throw new RangeError("frames or spectra of another length than before: from another model");
  }
  const count = band.rms.length;
  return {
    kind: "learning",
    shaftHz: window.shaftHz > 0 ? (band.shaftHz * count + window.shaftHz) / (count + 1) : 0,
    // Copies stay out of the mean frame: the network was trained on the difference from clean healthy windows.
    frameSum: band.frameSum.map((sum, i) => sum + (window.frame[i] ?? 0)),
    spectra: [...band.spectra, spectra],
    rms: [...band.rms, window.rms],
  };
}

function complete(band: LearningBand, policy: BaselinePolicy): LearntBand {
  const windows = band.rms.length;
  // Copies are no independent windows: the count is that of the originals.
  const factor = predictionFactor(policy.falseAlarmRate, windows);
  const distances = leaveOutDistances(band.spectra, policy.folds, policy.leastSpectrumDeviation);
  const spread = meanAndDeviation(distances.map(Math.log));
  const level = meanAndDeviation(band.rms.map(Math.log));
  return {
    kind: "learnt",
    shaftHz: band.shaftHz,
    windows,
    healthyFrame: Float32Array.from(band.frameSum, (sum) => sum / windows),
    spectrum: fitReference(band.spectra.flat(), policy.leastSpectrumDeviation),
    spectrumLimit: Math.exp(spread.mean + factor * spread.deviation),
    rms: Math.exp(level.mean),
    rmsLimit: Math.exp(level.mean + Math.max(factor * level.deviation, Math.log(policy.leastRmsRatio))),
  };
}

/** A network's odds beyond this are the same certainty: a limit above could never be passed. */
const HIGHEST_NETWORK_LIMIT = 0.999;

/** Raises the network's limit at one speed to what the machine's own healthy windows give once their mean frame is
 *  known. Never lowers it below the model's own; fewer than ten windows change nothing.
 *  @param anomalies 1 - P(healthy) of healthy windows, scored with the band's healthy frame */
export function calibrateNetwork(
  baseline: Baseline,
  shaftHz: number,
  anomalies: readonly number[],
  anomalyThreshold: number,
  policy: BaselinePolicy = defaultBaselinePolicy,
): Baseline {
  const found = findBand(baseline, shaftHz, policy);
  if (found?.kind !== "learnt" || anomalies.length < LEAST_BASELINE_WINDOWS) return baseline;
  const { mean, deviation } = meanAndDeviation(anomalies.map(logit));
  const own =
    1 / (1 + Math.exp(-mean - predictionFactor(policy.falseAlarmRate, anomalies.length) * deviation));
  const networkLimit = Math.max(anomalyThreshold, Math.min(HIGHEST_NETWORK_LIMIT, own));
  return {
    ...baseline,
    bands: baseline.bands.map((band) => (band === found ? { ...found, networkLimit } : band)),
  };
}

/** Log odds; certainty is taken as one in a million, which floats of a softmax cannot tell from more. */
export function logit(probability: number): number {
  const bounded = Math.min(1 - 1e-6, Math.max(1e-6, probability));
  return Math.log(bounded / (1 - bounded));
}

/** How far a window's spectrum lies from the healthy ones, over the limit. */
export const spectrumRatioOf = (band: LearntBand, spectrum: Float32Array): number =>
  distanceFrom(band.spectrum, spectrum) / band.spectrumLimit;
