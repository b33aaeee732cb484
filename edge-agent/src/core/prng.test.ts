import { describe, expect, it } from "vitest";
import { momentsOf } from "./moments.ts";
import { addNoise, createPrng } from "./prng.ts";

describe("createPrng", () => {
  it("gives the same numbers for the same seed, others for another", () => {
    const draw = (seed: number) => Array.from({ length: 5 }, createPrng(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    // The published generator's first value for seed 1.
    expect(draw(1)[0]).toBeCloseTo(0.6270739405881613, 15);
  });

  it("stays within 0 and 1 and spreads evenly", () => {
    const values = Array.from({ length: 20_000 }, createPrng(42));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 2);
  });
});

describe("addNoise", () => {
  it("adds Gaussian noise of the deviation asked for, also to an odd number of samples", () => {
    const samples = new Float32Array(40_001).fill(5);
    addNoise(samples, 2, createPrng(3));
    const { mean, rms, kurtosis, skewness } = momentsOf(samples);
    expect(mean).toBeCloseTo(5, 1);
    expect(rms).toBeCloseTo(2, 1);
    expect(kurtosis).toBeCloseTo(3, 1);
    expect(skewness).toBeCloseTo(0, 1);
  });
});
