import { type CreateFft, hann } from "./fft.ts";
import type { LearntBand } from "./speed-band.ts";

/** What is known of a healthy machine at one speed, in the terms of the model that heard it. */
export interface HealthyBands {
  /** The model's own rate: its bands divide half of it evenly. */
  readonly sampleRateHz: number;
  readonly band: Pick<LearntBand, "rms" | "spectrum">;
}

/** Levels over time and frequency as a model's spectrum sees them: ln of power, the mean over all of them removed. */
export interface BandLevels {
  readonly columns: number;
  /** Row-major [bands][columns]; row 0 is the lowest band. */
  readonly level: Float64Array;
  /** Mean of each row. */
  readonly spectrum: Float64Array;
}

const MOST_COLUMNS = 256;
/** 60 dB below the mean: beneath stands the sensor, not the machine. */
const FLOOR = 1e-6;
/** Keeps logarithms of silence finite, and is nothing beside any signal. */
const SILENCE = 1e-300;

/** The spectrogram inside of the model (models/pipeline/frame.py, `Frame.spectrogram`; "inGraph" of its manifest): Hann windows of
 *  four samples a band, half overlapping, at half bins, two of which make a band. Long blocks are looked at in places.
 *  @param samples at the model's rate; finite, more than four a band
 *  @param bands a power of two */
export function bandLevels(samples: Float32Array, bands: number, createFft: CreateFft): BandLevels {
  const taps = 4 * bands;
  const padding = taps / 4;
  const span = samples.length + 2 * padding - taps;
  const columns = Math.min(MOST_COLUMNS, 1 + Math.floor(span / (taps / 2)));
  const hop = columns === MOST_COLUMNS ? span / (columns - 1) : taps / 2;
  const power = new Float64Array(bands * columns);
  const transform = createHalfBins(taps, createFft);
  const mean = samples.reduce((sum, one) => sum + one, 0) / samples.length;
  for (let column = 0; column < columns; column += 1) {
    const bins = transform(samples, Math.round(column * hop) - padding, mean);
    for (let bin = 0; bin < 2 * bands; bin += 1) {
      const at = (bin >> 1) * columns + column;
      power[at] = (power[at] ?? 0) + (bins[2 * bin] ?? 0) ** 2 + (bins[2 * bin + 1] ?? 0) ** 2;
    }
  }
  const floor = (FLOOR * power.reduce((sum, one) => sum + one, 0)) / power.length + SILENCE;
  const raw = power.map((one) => Math.log(one + floor));
  const offset = raw.reduce((sum, one) => sum + one, 0) / raw.length;
  const level = raw.map((one) => one - offset);
  const spectrum = Float64Array.from({ length: bands }, (_, row) => {
    const cells = level.subarray(row * columns, (row + 1) * columns);
    return cells.reduce((sum, one) => sum + one, 0) / columns;
  });
  return { columns, level, spectrum };
}

/** Windowed transforms at 0.5, 1.5, 2.5 ... bins: the samples are turned by half a bin first. What lies outside counts as 0. */
function createHalfBins(taps: number, createFft: CreateFft) {
  const fft = createFft(taps);
  const window = hann(taps);
  const input = new Float64Array(2 * taps);
  const bins = new Float64Array(2 * taps);
  return (samples: Float32Array, from: number, mean: number): Float64Array => {
    for (let i = 0; i < taps; i += 1) {
      const sample = samples[from + i];
      const value = sample === undefined ? 0 : (sample - mean) * (window[i] ?? 0);
      // An inverse transform turns the other way; of a conjugate input it has the same magnitudes.
      input[2 * i] = value * Math.cos((Math.PI * i) / taps);
      input[2 * i + 1] = value * Math.sin((Math.PI * i) / taps);
    }
    fft.inverse(input, bins);
    return bins;
  };
}

/** The level that the mean line of each band of the healthy machine has in a Hann amplitude spectrum with lines `stepHz` apart, in
 *  the unit of the samples. The shares of the bands are means of logarithms: of a steady machine they are those of its power. */
export function healthyLines({ sampleRateHz, band }: HealthyBands, stepHz: number): Float64Array {
  const { mean } = band.spectrum;
  const shares = mean.map(Math.exp);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const lines = sampleRateHz / 2 / mean.length / stepHz;
  return shares.map((share) => band.rms * Math.sqrt((HANN_BANDWIDTH * share) / whole / lines));
}

/** Lines over which the Hann window spreads power (Harris, Proc. IEEE 66, 1978, table I). */
const HANN_BANDWIDTH = 1.5;
