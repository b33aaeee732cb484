/** Changes the sample rate of blocks by the ratio up / down. */
export interface Resampler {
  readonly up: number;
  readonly down: number;
  /** Samples that `run` makes of a block of `length`. */
  outputLength(length: number): number;
  /** A block on its own: what lies before and after it counts as zero.
   *  @param output exactly `outputLength(input.length)` values */
  run(input: Float32Array, output: Float32Array): void;
}

/** A ratio counts as exact within this. */
const EXACT = 1e-9;
/** Beyond this the rates do not meet: 1e-6 is one sample in a million. */
const NEAR = 1e-6;
/** Larger terms would take longer to design a filter for than the block to sound; 48 828 Hz to 12 kHz needs 4069. */
const LARGEST_TERM = 5000;

/** A polyphase resampler with the filter of scipy.signal.resample_poly: a Kaiser window (beta 5.0) of
 *  20 x max(up, down) + 1 taps, -6 dB at the lower of the two Nyquist frequencies, unit gain at 0 Hz.
 *  @throws RangeError when the rates are no positive numbers or no ratio of integers up to 5000 comes near */
export function createResampler(fromHz: number, toHz: number): Resampler {
  const { up, down } = ratioOf(fromHz, toHz);
  const outputLength = (length: number): number => Math.ceil((length * up) / down);
  if (up === down) {
    return { up, down, outputLength, run: (input, output) => output.set(input) };
  }
  const halfLength = 10 * Math.max(up, down);
  const { taps, perPhase } = splitIntoPhases(lowPass(up, down, halfLength), up);

  function run(input: Float32Array, output: Float32Array): void {
    for (let m = 0; m < output.length; m += 1) {
      const place = m * down + halfLength;
      const newest = Math.floor(place / up);
      const first = newest - perPhase + 1;
      const from = Math.max(0, -first);
      const to = Math.min(perPhase, input.length - first);
      const offset = (place % up) * perPhase;
      let sum = 0;
      for (let k = from; k < to; k += 1) sum += (taps[offset + k] ?? 0) * (input[first + k] ?? 0);
      output[m] = sum;
    }
  }

  return { up, down, outputLength, run };
}

/** toHz / fromHz as a fraction in lowest terms, by its continued fraction. */
function ratioOf(fromHz: number, toHz: number): { readonly up: number; readonly down: number } {
  const ratio = toHz / fromHz;
  if (!(fromHz > 0 && ratio > 0 && Number.isFinite(ratio))) {
    throw new RangeError(`cannot resample from ${fromHz} Hz to ${toHz} Hz`);
  }
  let [up, down, lastUp, lastDown] = [Math.floor(ratio), 1, 1, 0];
  let rest = ratio - up;
  while (Math.abs(up / down - ratio) > EXACT * ratio) {
    const term = Math.floor(1 / rest);
    const [nextUp, nextDown] = [term * up + lastUp, term * down + lastDown];
    if (Math.max(nextUp, nextDown) > LARGEST_TERM) break;
    [lastUp, lastDown, up, down] = [up, down, nextUp, nextDown];
    rest = 1 / rest - term;
  }
  if (Math.abs(up / down - ratio) > NEAR * ratio || up > LARGEST_TERM) {
    throw new RangeError(`no ratio of integers up to ${LARGEST_TERM} leads from ${fromHz} Hz to ${toHz} Hz`);
  }
  return { up, down };
}

/** scipy.signal.firwin(2 * halfLength + 1, 1 / max(up, down), window=("kaiser", 5.0)) * up */
function lowPass(up: number, down: number, halfLength: number): Float64Array {
  const cutoff = 1 / Math.max(up, down);
  const taps = new Float64Array(2 * halfLength + 1);
  let sum = 0;
  for (let i = 0; i < taps.length; i += 1) {
    const m = i - halfLength;
    const x = Math.PI * cutoff * m;
    const sinc = m === 0 ? 1 : Math.sin(x) / x;
    const value = cutoff * sinc * besselI0(KAISER_BETA * Math.sqrt(1 - (m / halfLength) ** 2));
    taps[i] = value;
    sum += value;
  }
  // Dividing by the sum gives unit gain at 0 Hz, and cancels the window's own scale.
  for (let i = 0; i < taps.length; i += 1) taps[i] = ((taps[i] ?? 0) * up) / sum;
  return taps;
}

const KAISER_BETA = 5;

/** Modified Bessel function of the first kind, order 0, by its power series (Abramowitz & Stegun 9.6.12). */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k += 1) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}

/** Phase p holds taps p, p + up, p + 2 up, ... last first, so that taps and samples are walked the same way. */
function splitIntoPhases(
  filter: Float64Array,
  up: number,
): { readonly taps: Float64Array; readonly perPhase: number } {
  const perPhase = Math.ceil(filter.length / up);
  const taps = new Float64Array(perPhase * up);
  for (let i = 0; i < filter.length; i += 1) {
    const place = (i % up) * perPhase + (perPhase - 1 - Math.floor(i / up));
    taps[place] = filter[i] ?? 0;
  }
  return { taps, perPhase };
}
