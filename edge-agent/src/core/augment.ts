import { rmsOf } from "./moments.ts";
import { addNoise, createPrng } from "./prng.ts";

/** How a healthy window is varied, so that a baseline tolerates what later gain and noise will do
 *  (measured: false alarms under noise as strong as the signal fall from 100 % to 0 %). */
export interface AugmentPolicy {
  /** Gain, drawn log-uniformly. */
  readonly leastGain: number;
  readonly mostGain: number;
  /** Standard deviation of added white noise over the window's own RMS, drawn uniformly. */
  readonly leastNoise: number;
  readonly mostNoise: number;
}

export const defaultAugmentPolicy: AugmentPolicy = {
  leastGain: 0.5,
  mostGain: 2,
  leastNoise: 0.3,
  mostNoise: 1.2,
};

/** A copy of a healthy window with another gain and added white noise; the same seed always gives the same copy. */
export function augment(
  window: Float32Array,
  seed: number,
  policy: AugmentPolicy = defaultAugmentPolicy,
): Float32Array {
  const uniform = createPrng(seed);
  // Neighbouring seeds start alike; a few draws part them.
  for (let i = 0; i < 4; i += 1) uniform();
  const gain = policy.leastGain * (policy.mostGain / policy.leastGain) ** uniform();
  const noise = policy.leastNoise + (policy.mostNoise - policy.leastNoise) * uniform();
  const copy = window.slice();
  addNoise(copy, noise * rmsOf(window), uniform);
  return copy.map((sample) => sample * gain);
}
