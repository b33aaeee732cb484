import { createRandom } from "../../plant/random.ts";
import { createVibration } from "../../plant/vibration.ts";

/** What becomes of a machine or its sensor; "healthy": only what goes up and down anyway. */
export type Change = "gain" | "healthy" | "load" | "noise" | "resonance";

export const changes: readonly Exclude<Change, "healthy">[] = ["load", "gain", "noise", "resonance"];

/** A machine with an accelerometer on a mount that rings, whose load goes up and down a little. */
interface SimulatedMachine {
  readonly shaftHz: number;
  next(change: Change): Float32Array;
}

export const RATE_HZ = 12_000;
const SAMPLES = 8192;
/** Of the flow's level from window to window: the load of a pump that runs on. */
const LOAD_MEMORY = 0.7;
const MOST_SKIPPED = 2000;

/** @param seed makes a machine of its own */
export function createMachine(seed: number): SimulatedMachine {
  const random = createRandom(seed * 7919 + 17);
  const shaftHz = 15 + 20 * random.uniform();
  const vibration = createVibration({
    seed,
    sampleRateHz: RATE_HZ,
    shaftHz,
    faultOrder: 3.58,
    isFaultModulated: false,
  });
  const mountHz = 2500 + 2000 * random.uniform();
  const mount = createPeak(mountHz);
  // A mount that works loose is softer: its resonance falls.
  const looseMount = createPeak(0.85 * mountHz);
  let [load, gain] = [0, 0];
  return {
    shaftHz,
    next(change) {
      const fresh = Math.sqrt(1 - LOAD_MEMORY ** 2);
      load = LOAD_MEMORY * load + fresh * random.normal();
      gain = LOAD_MEMORY * gain + fresh * random.normal();
      const level = 0.15 + 0.05 * load + (change === "load" ? 0.5 : 0);
      // Windows do not follow each other: the shaft stands anywhere when the next one begins.
      vibration.next(Math.floor(MOST_SKIPPED * random.uniform()), 0, 0);
      const samples = vibration.next(SAMPLES, 0, Math.max(0, level));
      const stiff = samples.map(mount);
      const loose = samples.map(looseMount);
      const heard = change === "resonance" ? loose : stiff;
      const factor = Math.exp(0.01 * gain) * (change === "gain" ? 1.2 : 1);
      // As strong as a third of what is heard: a cable that works loose, a supply that hums in all bands.
      const hiss = change === "noise" ? rms(heard) / 3 : 0;
      return heard.map((value) => factor * (value + hiss * random.normal()));
    },
  };
}

const rms = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

/** A peak of 12 dB, Q 6 (R. Bristow-Johnson, "Audio EQ Cookbook", peakingEQ). */
function createPeak(hz: number): (sample: number) => number {
  const amplitude = 10 ** (12 / 40);
  const w = (2 * Math.PI * hz) / RATE_HZ;
  const alpha = Math.sin(w) / (2 * 6);
  const a0 = 1 + alpha / amplitude;
  const b = [(1 + alpha * amplitude) / a0, (-2 * Math.cos(w)) / a0, (1 - alpha * amplitude) / a0] as const;
  const a = [(-2 * Math.cos(w)) / a0, (1 - alpha / amplitude) / a0] as const;
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return (x) => {
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  };
}
