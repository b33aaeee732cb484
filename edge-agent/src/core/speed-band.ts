import type { SensorState } from "./score.ts";
import {
  distanceFrom,
  fitReference,
  leaveOutDistances,
  type SpectrumReference,
} from "./spectrum-distance.ts";
import { meanAndDeviation, predictionFactor } from "./statistics.ts";

/** How limits follow from healthy windows. */
export interface LimitPolicy {
  /** Chance that a healthy window exceeds a limit of its own baseline; limits follow from it. */
  readonly falseAlarmRate: number;
  /** Contiguous parts that are left out in turn to find the limit of the spectrum distance. */
  readonly folds: number;
  /** No band of the spectrum is taken to be steadier than this, in nepers of power (0.02 = 0.09 dB). */
  readonly leastSpectrumDeviation: number;
  /** The RMS limit is at least this many times the usual RMS: a quarter more is the smallest change that counts as
   *  significant (compare ISO 20816-1, criterion II). */
  readonly leastRmsRatio: number;
}

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
}

export type Band = LearningBand | LearntBand;

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

export const startBand = (frameLength: number): LearningBand => ({
  kind: "learning",
  shaftHz: 0,
  frameSum: new Float64Array(frameLength),
  spectra: [],
  rms: [],
});

/** @throws RangeError on a frame or spectrum of another length than before */
export function addWindow(band: LearningBand, window: HealthyWindow): LearningBand {
  const spectrumLength = band.spectra[0]?.[0]?.length ?? window.spectrum.length;
  const spectra = [window.spectrum, ...window.copies];
  if (window.frame.length !== band.frameSum.length || spectra.some((one) => one.length !== spectrumLength)) {
    throw new RangeError("frames or spectra of another length than before: from another model");
  }
  const count = band.rms.length;
  return {
    kind: "learning",
    shaftHz: window.shaftHz > 0 ? (band.shaftHz * count + window.shaftHz) / (count + 1) : 0,
    // Copies stay out of the mean frame: the network was trained on the difference from clean healthy windows (measured
    // on ball faults of a real rig: it votes in 100 % of the windows so, in 3 .. 100 % with copies in the mean).
    frameSum: band.frameSum.map((sum, i) => sum + (window.frame[i] ?? 0)),
    spectra: [...band.spectra, spectra],
    rms: [...band.rms, window.rms],
  };
}

/** Mean, scatter and limits of all that was collected. */
export function completeBand(band: LearningBand, policy: LimitPolicy): LearntBand {
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

/** How far a window's spectrum lies from the healthy ones, over the limit. */
export const spectrumRatioOf = (band: LearntBand, spectrum: Float32Array): number =>
  distanceFrom(band.spectrum, spectrum) / band.spectrumLimit;
