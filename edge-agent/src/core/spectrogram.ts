import { type CreateFft, hann } from "./fft.ts";

/** Levels of a signal over time and frequency. */
export interface Spectrogram {
  /** Frequency bands of equal width from 0 to `maxHz`. */
  readonly rows: number;
  /** Windows, equally spaced from the first sample to the last. */
  readonly columns: number;
  readonly maxHz: number;
  /** Length of the signal. */
  readonly seconds: number;
  /** Row-major, row 0 is the lowest band. 0 dB is a sine of amplitude 1 (in the signal's unit) in the band. */
  readonly db: Float32Array;
}

const MOST_ROWS = 128;
const MOST_COLUMNS = 256;
/** Below this stands rounding noise of 32-bit samples: -200 dB is 1e-10 of the unit. */
const FLOOR_DB = -200;

// A window shorter than this resolves nothing worth a picture.
const LEAST_WINDOW = 16;
// Half of it is one row a bin.
const USUAL_WINDOW = 2 * MOST_ROWS;
// Bounds the work of a long block: 256 windows of this length are 2 million samples.
const LONGEST_WINDOW = 8192;

/** Hann-windowed short-time levels, small enough for one picture. A band that holds several bins shows the strongest,
 *  so that a single line stays visible. Samples that are no number count as 0.
 *  @returns no rows and no columns where there are fewer than 16 samples */
export function spectrogram(samples: Float32Array, sampleRateHz: number, createFft: CreateFft): Spectrogram {
  const seconds = samples.length / sampleRateHz;
  const maxHz = sampleRateHz / 2;
  if (samples.length < LEAST_WINDOW) return { rows: 0, columns: 0, maxHz, seconds, db: new Float32Array() };
  const length = windowLength(samples.length);
  const rows = Math.min(MOST_ROWS, length / 2);
  const columns = columnCount(samples.length, length);
  const fft = createFft(length);
  const window = hann(length);
  const input = new Float64Array(length);
  const spectrum = new Float64Array(2 * length);
  const db = new Float32Array(rows * columns);
  const hop = columns === 1 ? 0 : (samples.length - length) / (columns - 1);
  for (let column = 0; column < columns; column += 1) {
    cut(samples, Math.round(column * hop), window, input);
    fft.forwardReal(input, spectrum);
    const levels = bandLevels(spectrum, length, rows);
    for (let row = 0; row < rows; row += 1) db[row * columns + column] = levels[row] ?? FLOOR_DB;
  }
  return { rows, columns, maxHz, seconds, db };
}

/** The usual window; a shorter one where the signal is short, a longer one where windows would leave gaps. */
function windowLength(count: number): number {
  let length = USUAL_WINDOW;
  while (length > count) length /= 2;
  while (length < LONGEST_WINDOW && length * MOST_COLUMNS < count) length *= 2;
  return length;
}

/** Windows overlap by three quarters until there are too many of them. */
const columnCount = (count: number, length: number): number =>
  Math.min(MOST_COLUMNS, 1 + Math.floor((count - length) / (length / 4)));

function cut(samples: Float32Array, from: number, window: Float64Array, out: Float64Array): void {
  for (let i = 0; i < out.length; i += 1) {
    const sample = samples[from + i] ?? 0;
    out[i] = Number.isFinite(sample) ? sample * (window[i] ?? 0) : 0;
  }
}

/** The strongest bin of each band in dB, without the bin at half the sample rate. */
function bandLevels(spectrum: Float64Array, length: number, rows: number): Float64Array {
  const levels = new Float64Array(rows);
  const bins = length / 2 / rows;
  // The periodic Hann window sums to half its length, and a real sine shows half its amplitude at a positive frequency.
  const toAmplitude = 4 / length;
  for (let row = 0; row < rows; row += 1) {
    let power = 0;
    for (let bin = row * bins; bin < (row + 1) * bins; bin += 1) {
      const re = spectrum[2 * bin] ?? 0;
      const im = spectrum[2 * bin + 1] ?? 0;
      power = Math.max(power, re * re + im * im);
    }
    levels[row] = Math.max(FLOOR_DB, 20 * Math.log10(Math.sqrt(power) * toAmplitude));
  }
  return levels;
}
