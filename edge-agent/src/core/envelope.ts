import { type CreateFft, type Fft, fftExtent, hann } from "./fft.ts";

/** The squared envelope spectrum of one band: bin k stands at k x `stepHz`. */
export interface EnvelopeSpectrum {
  readonly stepHz: number;
  /** Power per bin; valid until the next block. Only bins up to the band's width mean anything. */
  readonly power: Float64Array;
  readonly bandHz: readonly [number, number];
  /** Multiplies the root of a bin's power into a depth of modulation: 1 where the squared envelope swings by its mean. */
  readonly toDepth: number;
}

/** Demodulates blocks; keeps its arrays, so one analyser serves one block at a time. */
export interface EnvelopeAnalyser {
  analyse(samples: Float32Array, mean: number): readonly EnvelopeSpectrum[];
}

/** Carrier bands of bearing resonances, Hz: three octaves from where gear and shaft lines thin out up to the range of
 *  industrial accelerometers. A band above 0.48 x the sample rate is cut there, or left out. */
const BANDS_HZ = [500, 2000, 4000, 8000];
const USABLE_SHARE = 0.48;
/** A narrower band holds less than one harmonic of most bearings. */
const NARROWEST_HZ = 400;

/** Squared envelope spectra (Antoni, "Cyclic spectral analysis of rolling-element bearing signals", JSV 304, 2007;
 *  Randall & Antoni, MSSP 25, 2011, section 5): the band's bins are moved to 0 Hz, so that a short inverse transform
 *  gives the analytic signal at a reduced rate; its squared magnitude is transformed again. */
export function createEnvelopeAnalyser(
  createFft: CreateFft,
  length: number,
  sampleRateHz: number,
): EnvelopeAnalyser {
  const { used, size } = fftExtent(length);
  const fft = createFft(size);
  const input = new Float64Array(size);
  const bins = new Float64Array(2 * size);
  const stepHz = sampleRateHz / size;
  const bands = bandsBelow(sampleRateHz).map(([low, high]) => {
    const first = Math.ceil(low / stepHz);
    return createBand(createFft, first, Math.floor(high / stepHz) - first, used / size, stepHz);
  });

  return {
    analyse(samples, mean) {
      for (let i = 0; i < used; i += 1) input[i] = (samples[i] ?? 0) - mean;
      fft.forwardReal(input, bins);
      return bands.map((band) => band.demodulate(bins));
    },
  };
}

function bandsBelow(sampleRateHz: number): readonly (readonly [number, number])[] {
  const highest = sampleRateHz * USABLE_SHARE;
  return BANDS_HZ.slice(1)
    .map((high, i) => [BANDS_HZ[i] ?? 0, Math.min(high, highest)] as const)
    .filter(([low, high]) => high - low >= NARROWEST_HZ);
}

interface Band {
  demodulate(bins: Float64Array): EnvelopeSpectrum;
}

/** @param share of the transform that holds samples; the rest is padding */
function createBand(createFft: CreateFft, first: number, width: number, share: number, stepHz: number): Band {
  // The squared envelope is twice as wide as the band: two points a bin keep it from folding.
  const size = 2 ** Math.ceil(Math.log2(2 * Math.max(1, width)));
  const fft: Fft = createFft(size);
  const used = Math.round(share * size);
  const window = hann(used);
  const shifted = new Float64Array(2 * size);
  const analytic = new Float64Array(2 * size);
  const envelope = new Float64Array(size);
  const spectrum = new Float64Array(2 * size);
  const power = new Float64Array(Math.min(width, size / 2));
  const result: EnvelopeSpectrum = {
    stepHz,
    power,
    bandHz: [first * stepHz, (first + width) * stepHz],
    // Two sides, over the sum of the periodic Hann window.
    toDepth: 2 / (used / 2),
  };

  return {
    demodulate(bins) {
      shifted.set(bins.subarray(2 * first, 2 * (first + width)));
      fft.inverse(shifted, analytic);
      squaredEnvelope(analytic, envelope.subarray(0, used));
      for (let i = 0; i < used; i += 1) envelope[i] = (envelope[i] ?? 0) * (window[i] ?? 0);
      fft.forwardReal(envelope, spectrum);
      for (let i = 0; i < power.length; i += 1) {
        power[i] = (spectrum[2 * i] ?? 0) ** 2 + (spectrum[2 * i + 1] ?? 0) ** 2;
      }
      return result;
    },
  };
}

/** Squared magnitude over its own mean, minus one: modulation depth, whatever the gain. */
function squaredEnvelope(analytic: Float64Array, out: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < out.length; i += 1) {
    const square = (analytic[2 * i] ?? 0) ** 2 + (analytic[2 * i + 1] ?? 0) ** 2;
    out[i] = square;
    sum += square;
  }
  const mean = sum / out.length;
  for (let i = 0; i < out.length; i += 1) out[i] = mean > 0 ? (out[i] ?? 0) / mean - 1 : 0;
}
