import { createPrng } from "../prng.ts";
import { type DriftPolicy, defaultDriftPolicy } from "./drift-policy.ts";
import type { Observation } from "./observation.ts";
import { type DriftWindow, type Heeded, heed, type SensorDrift, startSensor } from "./sensor-drift.ts";

/** Small enough to be fast. */
export const quickPolicy: DriftPolicy = {
  ...defaultDriftPolicy,
  leastGapMs: 1,
  referenceWindows: 40,
  blockWindows: 5,
};

const SIZES = { input: 6, embedding: 6, output: 4 } as const;

/** Windows of a healthy machine, each layer shifted by so many of its deviations. */
export function createSource(seed: number) {
  const uniform = createPrng(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const values = (size: number, deviation: number, shift: number) =>
    Float32Array.from({ length: size }, () => deviation * (normal() + shift));
  return (shift: Partial<Record<keyof Observation, number>> = {}): Observation => ({
    input: values(SIZES.input, 0.1, shift.input ?? 0),
    embedding: values(SIZES.embedding, 1, shift.embedding ?? 0),
    output: values(SIZES.output, 1, shift.output ?? 0),
  });
}

export interface Ear {
  sensor: SensorDrift;
  hear(seen: Observation, changes?: Partial<Extract<DriftWindow, { kind: "valid" }>>): Heeded;
  fail(): Heeded;
}

export function createEar(policy: DriftPolicy = quickPolicy): Ear {
  let timeUs = 0;
  const next = () => {
    timeUs += policy.leastGapMs * 1000;
    return timeUs;
  };
  const ear: Ear = {
    sensor: startSensor("pump", "pump/de", 0),
    hear: (seen, changes = {}) =>
      heed(
        ear.sensor,
        {
          kind: "valid",
          timeUs: next(),
          regime: { shaftHz: 25, baselineRms: 1 },
          model: "one",
          seen,
          ...changes,
        },
        policy,
      ),
    fail: () => heed(ear.sensor, { kind: "fault", timeUs: next(), sensorState: "flat" }, policy),
  };
  return ear;
}

/** An ear whose reference is learnt. */
export function createTaughtEar(seed: number, policy: DriftPolicy = quickPolicy) {
  const source = createSource(seed);
  const ear = createEar(policy);
  for (let i = 0; i < policy.referenceWindows; i += 1) ear.hear(source());
  return { ear, source };
}
