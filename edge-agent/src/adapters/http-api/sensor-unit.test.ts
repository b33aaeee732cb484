import { expect, it } from "vitest";
import { unitOf } from "./sensor-unit.ts";

const sensor = { id: "s", machine: "m", name: "n", waveform: 0 };

it.each([
  [1, "m/s2"],
  [9.80665, "[g]"],
  [0.001, "mm/s2"],
  [3.7, ""],
])("tells the unit of samples that times %f are m/s2: %j", (toMetresPerSecondSquared, unit) => {
  expect(unitOf({ ...sensor, toMetresPerSecondSquared })).toBe(unit);
});

it("does not guess the unit of what is no acceleration", () => {
  expect(unitOf(sensor)).toBe("");
});
