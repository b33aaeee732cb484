import FFT from "fft.js";
import type { Fft } from "../../core/fft.ts";

/** fft.js (radix 4) behind the core's interface.
 *  @param size a power of two, 2 or more */
export function createFft(size: number): Fft {
  const plan = new FFT(size);
  return {
    size,
    forwardReal: (input, out) => plan.realTransform(out, input),
    inverse: (spectrum, out) => plan.inverseTransform(out, spectrum),
  };
}
