import type { Sensor } from "../../core/machine.ts";

// UCUM codes of acceleration, by what makes them m/s2.
const ACCELERATIONS: readonly (readonly [number, string])[] = [
  [1, "m/s2"],
  [0.01, "cm/s2"],
  [0.001, "mm/s2"],
  [9.80665, "[g]"],
  [0.00980665, "m[g]"],
];

/** The unit of a sensor's samples as far as its factor tells it; "" where it does not. */
export function unitOf({ toMetresPerSecondSquared: factor }: Sensor): string {
  if (factor === undefined) return "";
  return ACCELERATIONS.find(([known]) => Math.abs(known / factor - 1) < 1e-9)?.[1] ?? "";
}
