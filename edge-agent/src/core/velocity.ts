import { type CreateFft, fftExtent, hann } from "./fft.ts";

/** Band of the broad-band vibration velocity (ISO 20816-1:2016, 4.2; 20816-3 for machines above 600 r/min). */
export const VELOCITY_BAND_HZ = [10, 1000] as const;
const [LOWEST_HZ, HIGHEST_HZ] = VELOCITY_BAND_HZ;

/** Computes vibration velocity; keeps its arrays, so one meter serves one block at a time. */
export interface VelocityMeter {
  /** RMS in mm/s within 10 .. 1000 Hz of `length` samples of acceleration in m/s2. */
  measure(acceleration: Float32Array, mean: number): number;
}

/** Integrates in the frequency domain: each line of the acceleration spectrum is divided by 2 pi f. A Hann window
 *  keeps what leaks from strong high lines out of the low ones, where the division would blow it up. */
export function createVelocityMeter(
  createFft: CreateFft,
  length: number,
  sampleRateHz: number,
): VelocityMeter {
  const { used, size } = fftExtent(length);
  const fft = createFft(size);
  const window = hann(used);
  const energy = window.reduce((sum, weight) => sum + weight * weight, 0);
  const input = new Float64Array(size);
  const bins = new Float64Array(2 * size);
  const stepHz = sampleRateHz / size;
  const first = Math.max(1, Math.ceil(LOWEST_HZ / stepHz));
  const last = Math.min(size / 2 - 1, Math.floor(HIGHEST_HZ / stepHz));

  return {
    measure(acceleration, mean) {
      for (let i = 0; i < used; i += 1) input[i] = ((acceleration[i] ?? 0) - mean) * (window[i] ?? 0);
      fft.forwardReal(input, bins);
      let sum = 0;
      for (let bin = first; bin <= last; bin += 1) {
        const re = bins[2 * bin] ?? 0;
        const im = bins[2 * bin + 1] ?? 0;
        const omega = 2 * Math.PI * bin * stepHz;
        sum += (re * re + im * im) / (omega * omega);
      }
      // Two for the negative frequencies; Parseval with the window's energy; metres to millimetres.
      return 1000 * Math.sqrt((2 * sum) / (size * energy));
    },
  };
}
