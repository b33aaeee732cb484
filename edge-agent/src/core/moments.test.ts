import { describe, expect, it } from "vitest";
import { meanOf, momentsOf, rmsOf } from "./moments.ts";

describe("momentsOf", () => {
  it("removes the mean before anything else", () => {
    // numpy and scipy.stats on [3, 5, 5, 9, 13]: std 3.57771, kurtosis (Pearson) 1.953125, skew 0.628894
    const moments = momentsOf(Float32Array.of(3, 5, 5, 9, 13));
    expect(moments.mean).toBe(7);
    expect(moments.rms).toBeCloseTo(3.57771, 5);
    expect(moments.peak).toBe(6);
    expect(moments.crest).toBeCloseTo(1.67705, 5);
    expect(moments.kurtosis).toBeCloseTo(1.953125, 6);
    expect(moments.skewness).toBeCloseTo(0.628894, 6);
  });

  it("keeps a small vibration on a large offset", () => {
    const samples = Float32Array.from({ length: 1000 }, (_, i) => 4096 + (i % 2) / 1024);
    expect(momentsOf(samples).rms).toBeCloseTo(1 / 2048, 9);
  });

  it("has no shape to tell of a block without variation", () => {
    const still = { rms: 0, peak: 0, crest: 0, kurtosis: 0, skewness: 0 };
    expect(momentsOf(new Float32Array(8).fill(3))).toEqual({ mean: 3, ...still });
    expect(momentsOf(new Float32Array())).toEqual({ mean: 0, ...still });
  });
});

describe("rmsOf and meanOf", () => {
  it("agree with the moments", () => {
    const samples = Float32Array.of(3, 5, 5, 9, 13);
    expect(rmsOf(samples)).toBeCloseTo(momentsOf(samples).rms, 12);
    expect(meanOf(samples)).toBe(7);
  });

  it("are zero without samples", () => {
    expect(rmsOf(new Float32Array())).toBe(0);
    expect(meanOf(new Float32Array())).toBe(0);
  });
});
