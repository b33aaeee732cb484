/** Uniform numbers in [0, 1) that the same seed always gives again: Mulberry32 (T. Ettinger, 2017), 32 bits of state.
 *  For test signals and augmentation, never for secrets. */
export function createPrng(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Adds white Gaussian noise of standard deviation `deviation` in place
 *  (G. E. P. Box & M. E. Muller, "A note on the generation of random normal deviates", 1958). */
export function addNoise(samples: Float32Array, deviation: number, uniform: () => number): void {
  for (let i = 0; i < samples.length; i += 2) {
    // 1 - u keeps the logarithm away from zero.
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    samples[i] = (samples[i] ?? 0) + radius * Math.cos(angle);
    if (i + 1 < samples.length) samples[i + 1] = (samples[i + 1] ?? 0) + radius * Math.sin(angle);
  }
}
