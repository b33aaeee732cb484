import { bearingFrequencies } from "./bearing.ts";
import type { EnvelopeSpectrum } from "./envelope.ts";
import type { BearingGeometry } from "./machine.ts";
import type { EnvelopeLine } from "./score.ts";

/** Slip and the error of the told speed: 1 .. 2 % (Randall & Antoni, MSSP 25, 2011, section 2). */
const TOLERANCE = 0.02;
/** A line is told from its surroundings: so many bins, or that share of its frequency, to either side. */
const SURROUNDINGS_BINS = 24;
const SURROUNDINGS_SHARE = 0.1;
/** The Hann window spreads the removed mean over the first bins. */
const FIRST_BIN = 3;
const HARMONICS = [1, 2, 3];
/** Keeps logarithms finite; the spectra are of modulation depth, where rounding alone leaves more. */
const SILENCE = 1e-30;

/** Looks for the characteristic lines of a bearing in the squared envelope spectra of a block.
 *  @returns for each of the four the most prominent of three harmonics in any band, with 0 dB where there is no peak;
 *  lines that no spectrum reaches are left out */
export function findLines(
  spectra: readonly EnvelopeSpectrum[],
  bearing: BearingGeometry,
  shaftHz: number,
): readonly EnvelopeLine[] {
  const { bpfo, bpfi, bsf, ftf } = bearingFrequencies(bearing, shaftHz);
  return [
    strongest("BPFO", bpfo, spectra),
    strongest("BPFI", bpfi, spectra),
    // A defect on a ball meets both rings in each turn: its lines stand at even multiples of the spin.
    strongest("BSF", 2 * bsf, spectra),
    strongest("FTF", ftf, spectra),
  ].filter((line) => line !== undefined);
}

function strongest(
  name: EnvelopeLine["name"],
  baseHz: number,
  spectra: readonly EnvelopeSpectrum[],
): EnvelopeLine | undefined {
  let best: EnvelopeLine | undefined;
  for (const spectrum of spectra) {
    for (const harmonic of HARMONICS) {
      const line = findLine(name, harmonic * baseHz, spectrum);
      if (line !== undefined && line.prominenceDb > (best?.prominenceDb ?? Number.NEGATIVE_INFINITY))
        best = line;
    }
  }
  return best;
}

function findLine(
  name: EnvelopeLine["name"],
  expectedHz: number,
  { power, stepHz }: EnvelopeSpectrum,
): EnvelopeLine | undefined {
  const centre = expectedHz / stepHz;
  const reach = Math.max(1, centre * TOLERANCE);
  const from = Math.round(centre - reach);
  const to = Math.round(centre + reach);
  const width = Math.max(SURROUNDINGS_BINS, Math.round(centre * SURROUNDINGS_SHARE));
  if (from < FIRST_BIN || to + width >= power.length) return undefined;
  const peak = peakBetween(power, from, to);
  if (peak === undefined) return { name, foundHz: expectedHz, expectedHz, prominenceDb: 0 };
  // The peak's own skirt must not raise the level it is compared with.
  const around = [
    ...power.subarray(Math.max(FIRST_BIN, from - width), Math.max(FIRST_BIN, from - 1)),
    ...power.subarray(to + 2, to + width),
  ];
  const level = Math.max(medianOf(around), SILENCE);
  return {
    name,
    foundHz: (peak + peakOffset(power, peak)) * stepHz,
    expectedHz,
    prominenceDb: Math.max(0, 10 * Math.log10((power[peak] ?? 0) / level)),
  };
}

/** The highest bin that is higher than both its neighbours: the slope of a line nearby is no line. */
function peakBetween(power: Float64Array, from: number, to: number): number | undefined {
  let best: number | undefined;
  for (let bin = from; bin <= to; bin += 1) {
    const height = power[bin] ?? 0;
    const isPeak = height > (power[bin - 1] ?? 0) && height > (power[bin + 1] ?? 0);
    if (isPeak && height > (best === undefined ? 0 : (power[best] ?? 0))) best = bin;
  }
  return best;
}

/** Where between the bins a peak stands: the vertex of a parabola through three logarithms
 *  (J. O. Smith, "Spectral Audio Signal Processing", 2011, "Quadratic interpolation of spectral peaks"). */
function peakOffset(power: Float64Array, peak: number): number {
  const left = logarithm(power, peak - 1);
  const right = logarithm(power, peak + 1);
  return (0.5 * (left - right)) / (left - 2 * logarithm(power, peak) + right);
}

const logarithm = (power: Float64Array, bin: number): number => Math.log((power[bin] ?? 0) + SILENCE);

function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? 0;
}
