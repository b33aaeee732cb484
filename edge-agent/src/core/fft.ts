/** A Fourier transform of one power-of-two size, plan and tables ready. Complex values are interleaved: re, im, re, im. */
export interface Fft {
  readonly size: number;
  /** @param out 2 x size values; the first size + 2 are bins 0 .. size/2, the rest is scratch */
  forwardReal(input: Float64Array, out: Float64Array): void;
  /** Inverse with the factor 1/size.
   *  @param spectrum 2 x size values
   *  @param out 2 x size values, another array than `spectrum` */
  inverse(spectrum: Float64Array, out: Float64Array): void;
}

/** Core has no transform of its own: an adapter hands one in.
 *  @param size a power of two, 2 or more */
export type CreateFft = (size: number) => Fft;

/** The share of a block that may be left out to save a transform of twice the size. */
const LEAST_USED = 0.75;

/** How many of `available` samples are looked at, and the transform that holds them: the largest power of two that
 *  fits, or, where that would leave out more than a quarter, all samples padded with zeros. */
export function fftExtent(available: number): { readonly used: number; readonly size: number } {
  const fits = 2 ** Math.floor(Math.log2(Math.max(2, available)));
  if (fits >= available * LEAST_USED) return { used: Math.min(fits, available), size: fits };
  return { used: available, size: fits * 2 };
}

/** Periodic Hann window. */
export function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));
}
