import { createEnvelopeAnalyser, type EnvelopeSpectrum } from "./envelope.ts";
import { findLines } from "./envelope-lines.ts";
import { type CreateFft, hann } from "./fft.ts";
import type { BearingGeometry } from "./machine.ts";
import { VELOCITY_BAND_HZ } from "./velocity.ts";

/** A one-sided amplitude spectrum: line i stands at i x `stepHz`. */
export interface Spectrum {
  readonly stepHz: number;
  readonly level: Float64Array;
}

// Longer segments resolve finer than slip and speed hold still: 0.8 Hz at 25.6 kHz.
const LONGEST_SEGMENT = 32_768;
// Bounds the work of a long block: half a million samples.
const MOST_SEGMENTS = 16;

/** The RMS amplitude of each line, in the unit of the samples: a sine of amplitude A shows A / sqrt(2), wherever the level
 *  holds no neighbours; between two lines up to 1.4 dB less (Hann). Mean power of half-overlapping segments (P. D. Welch,
 *  IEEE Trans. AU-15, 1967), scaled by the sum of the window (Heinzel, Ruediger, Schilling, "Spectrum and spectral density
 *  estimation by the DFT", 2002, eq. 24). The mean of the samples is removed; samples that are no number count as the mean. */
export function amplitudeSpectrum(
  samples: Float32Array,
  sampleRateHz: number,
  createFft: CreateFft,
): Spectrum {
  const size = Math.min(LONGEST_SEGMENT, 2 ** Math.floor(Math.log2(Math.max(2, samples.length))));
  const count = Math.min(MOST_SEGMENTS, 1 + Math.ceil(Math.max(0, samples.length - size) / (size / 2)));
  const hop = count === 1 ? 0 : (samples.length - size) / (count - 1);
  const mean = meanOf(samples);
  const fft = createFft(size);
  const window = hann(size);
  const input = new Float64Array(size);
  const bins = new Float64Array(2 * size);
  // Without the bin at half the sample rate, which is not two-sided.
  const power = new Float64Array(size / 2);
  for (let segment = 0; segment < count; segment += 1) {
    const from = Math.round(segment * hop);
    for (let i = 0; i < size; i += 1) {
      const offset = (samples[from + i] ?? Number.NaN) - mean;
      input[i] = Number.isFinite(offset) ? offset * (window[i] ?? 0) : 0;
    }
    fft.forwardReal(input, bins);
    for (let bin = 1; bin < power.length; bin += 1) {
      power[bin] = (power[bin] ?? 0) + (bins[2 * bin] ?? 0) ** 2 + (bins[2 * bin + 1] ?? 0) ** 2;
    }
  }
  // The periodic Hann window sums to half its length; two sides, of which each holds half the amplitude.
  const scale = Math.SQRT2 / (size / 2);
  return { stepHz: sampleRateHz / size, level: power.map((sum) => scale * Math.sqrt(sum / count)) };
}

function meanOf(samples: Float32Array): number {
  let sum = 0;
  let count = 0;
  for (const sample of samples) {
    if (!Number.isFinite(sample)) continue;
    sum += sample;
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}

/** Acceleration in m/s2 as velocity in mm/s: each line over 2 pi f. Nothing outside 10 .. 1000 Hz: below, integrating blows up
 *  noise; above, ISO 20816-1 does not look. */
export function velocitySpectrum({ stepHz, level }: Spectrum): Spectrum {
  const [lowest, highest] = VELOCITY_BAND_HZ;
  const lines = Math.min(level.length, Math.floor(highest / stepHz) + 1);
  return {
    stepHz,
    level: level.subarray(0, lines).map((value, line) => {
      const hz = line * stepHz;
      return hz < lowest ? 0 : (1000 * value) / (2 * Math.PI * hz);
    }),
  };
}

/** The spectrum of one band's squared envelope. */
export interface EnvelopePicture extends Spectrum {
  /** The carrier band that was demodulated. */
  readonly bandHz: readonly [number, number];
}

// Enough for 0.2 Hz at 12 kHz; more is more work than a picture is worth.
const MOST_ENVELOPE_SAMPLES = 65_536;
/** The Hann window spreads the removed mean over the first bins. */
const FIRST_BIN = 3;
/** Beyond the third harmonic of an inner ring nobody looks; without a bearing up to 1 kHz. */
const HARMONICS_SHOWN = 3.5;
const USUAL_ENVELOPE_HZ = 1000;
const LEAST_ENVELOPE_HZ = 200;

/** The depth of modulation (1: the envelope's power swings by its own mean) of the carrier band in which a line of the
 *  bearing stands out most; without a bearing or a speed, of the band with the strongest line.
 *  @returns undefined where the sample rate leaves no carrier band */
export function envelopePicture(
  samples: Float32Array,
  sampleRateHz: number,
  { bearing, shaftHz }: { readonly bearing: BearingGeometry | undefined; readonly shaftHz: number },
  createFft: CreateFft,
): EnvelopePicture | undefined {
  const newest = samples.subarray(-MOST_ENVELOPE_SAMPLES).map((one) => (Number.isFinite(one) ? one : 0));
  const spectra = createEnvelopeAnalyser(createFft, newest.length, sampleRateHz).analyse(
    newest,
    meanOf(newest),
  );
  const isKnown = bearing !== undefined && shaftHz > 0;
  const prominence = (one: EnvelopeSpectrum): number =>
    isKnown
      ? Math.max(0, ...findLines([one], bearing, shaftHz).map(({ prominenceDb }) => prominenceDb))
      : one.toDepth * strongest(one.power);
  const [best] = spectra.toSorted((a, b) => prominence(b) - prominence(a));
  if (best === undefined) return undefined;
  const highest = isKnown
    ? Math.max(LEAST_ENVELOPE_HZ, HARMONICS_SHOWN * bearing.rollers * shaftHz * BPFI_SHARE)
    : USUAL_ENVELOPE_HZ;
  const lines = Math.min(best.power.length, Math.ceil(highest / best.stepHz));
  const level = best.power
    .subarray(0, lines)
    .map((power, bin) => (bin < FIRST_BIN ? 0 : best.toDepth * Math.sqrt(power)));
  return { stepHz: best.stepHz, level, bandHz: best.bandHz };
}

/** A part on the inner ring is passed by at most so large a share of the rollers a turn. */
const BPFI_SHARE = 0.7;

const strongest = (power: Float64Array): number =>
  Math.sqrt(power.subarray(FIRST_BIN).reduce((a, b) => Math.max(a, b), 0));

/** At most so many lines: each keeps the strongest of those around it, so that a single line stays visible and stands where it
 *  stood within half a step. */
export function poolLines({ stepHz, level }: Spectrum, most: number): Spectrum {
  let share = Math.ceil(level.length / most);
  if (share <= 1) return { stepHz, level };
  while (pooledCount(level.length, share) > most) share += 1;
  const pooled = Float64Array.from({ length: pooledCount(level.length, share) }, (_, i) => {
    const from = i * share - linesBefore(share);
    return level.subarray(Math.max(0, from), from + share).reduce((a, b) => Math.max(a, b), 0);
  });
  return { stepHz: stepHz * share, level: pooled };
}

const linesBefore = (share: number): number => (share - 1) >> 1;
const pooledCount = (length: number, share: number): number =>
  1 + Math.floor((length - 1 + linesBefore(share)) / share);
