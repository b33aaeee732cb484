import { describe, expect, it } from "vitest";
import { createFft } from "../adapters/signal/fft.ts";
import { createFeatureExtractor } from "./features.ts";
import { addNoise, createPrng } from "./prng.ts";

const skf6205 = { name: "6205-2RS", rollers: 9, diameterRatio: 0.3126 / 1.537, contactAngleDeg: 0 };
const SHAFT_HZ = 29.95;

/** A 60 Hz vibration, a resonance at 3.1 kHz modulated at 107.36 Hz (BPFO of the 6205 at 29.95 Hz), and chirps. The
 *  expected numbers were made from the same formula by numpy and scipy.stats. */
const modulated = Float32Array.from({ length: 8192 }, (_, i) => {
  const t = i / 12_000;
  const carrier = 0.7 * Math.sin(2 * Math.PI * 3100 * t);
  const chirps = 0.05 * Math.sin(0.7 * i * i * 1e-3 + 0.3 * i) + 0.04 * Math.sin(1.3 * i * i * 7e-4);
  const vibration = 2 * Math.sin(2 * Math.PI * 60 * t);
  return 0.5 + vibration + (1 + 0.8 * Math.cos(2 * Math.PI * 107.36 * t)) * carrier + chirps;
});

const extract = (
  samples: Float32Array,
  sampleRateHz: number,
  context: Parameters<ReturnType<typeof createFeatureExtractor>["extract"]>[1],
) => createFeatureExtractor(createFft, samples.length, sampleRateHz).extract(samples, context);

describe("createFeatureExtractor", () => {
  it("gives the moments that numpy and scipy give", () => {
    const features = extract(modulated, 12_000, { shaftHz: 0 });
    expect(features.rms).toBeCloseTo(1.5262938, 6);
    expect(features.peak).toBeCloseTo(3.3042867, 6);
    expect(features.crest).toBeCloseTo(2.1649086, 6);
    expect(features.kurtosis).toBeCloseTo(1.8902532, 6);
    expect(features.skewness).toBeCloseTo(-0.0048798, 6);
  });

  it("integrates acceleration to the velocity that numpy gives, a block of a power of two", () => {
    const features = extract(modulated, 12_000, { shaftHz: 0, toMetresPerSecondSquared: 1 });
    expect(features.velocityRms).toBeCloseTo(3.754560917, 6);
  });

  it("integrates a block that has to be padded", () => {
    const samples = Float32Array.from({ length: 11_000 }, (_, i) => {
      const t = i / 12_000;
      return 2 * Math.sin(2 * Math.PI * 60 * t) + Math.sin(2 * Math.PI * 700 * t);
    });
    const features = extract(samples, 12_000, { shaftHz: 0, toMetresPerSecondSquared: 1 });
    expect(features.velocityRms).toBeCloseTo(3.755381267, 6);
  });

  it("turns g into m/s2 first", () => {
    const inG = extract(modulated, 12_000, { shaftHz: 0, toMetresPerSecondSquared: 9.80665 });
    expect(inG.velocityRms).toBeCloseTo(3.754560917 * 9.80665, 5);
  });

  it("counts velocity between 10 and 1000 Hz only", () => {
    const tone = (hz: number) =>
      Float32Array.from({ length: 16_384 }, (_, i) => Math.sin((2 * Math.PI * hz * i) / 12_000));
    const velocity = (hz: number) =>
      extract(tone(hz), 12_000, { shaftHz: 0, toMetresPerSecondSquared: 1 }).velocityRms ?? 0;
    // Amplitude 1 m/s2 over 2 pi f, over the root of two, in mm/s.
    expect(velocity(100)).toBeCloseTo(1.1254, 3);
    expect(velocity(990)).toBeCloseTo(0.11368, 3);
    expect(velocity(5)).toBeLessThan(0.05);
    expect(velocity(1100)).toBeLessThan(0.001);
  });

  it("knows no velocity of a sensor that does not measure acceleration", () => {
    expect(extract(modulated, 12_000, { shaftHz: 0 })).not.toHaveProperty("velocityRms");
  });

  it("finds the outer race line where geometry and speed say, and how far it stands out", () => {
    const noisy = modulated.slice();
    addNoise(noisy, 0.3, createPrng(1));
    const { lines } = extract(noisy, 12_000, { shaftHz: SHAFT_HZ, bearing: skf6205 });
    expect(lines.map(({ name }) => name)).toEqual(["BPFO", "BPFI", "BSF", "FTF"]);
    const [outer, ...others] = lines;
    expect(outer?.expectedHz).toBeCloseTo(107.36, 1);
    expect(Math.abs((outer?.foundHz ?? 0) - 107.36)).toBeLessThan(0.2);
    expect(outer?.prominenceDb).toBeGreaterThan(25);
    for (const other of others) expect(other.prominenceDb).toBeLessThan(13);
  });

  it("finds a line 1.5 % beside its place, as slip and the told speed allow", () => {
    const noisy = modulated.slice();
    addNoise(noisy, 0.3, createPrng(1));
    const [outer] = extract(noisy, 12_000, { shaftHz: SHAFT_HZ / 1.015, bearing: skf6205 }).lines;
    expect(Math.abs((outer?.foundHz ?? 0) - 107.36)).toBeLessThan(0.2);
    expect(outer?.expectedHz).toBeCloseTo(105.77, 1);
  });

  it("looks for a ball's defect at twice the ball's spin", () => {
    const twiceSpin = 2 * 2.3567 * SHAFT_HZ;
    const samples = Float32Array.from({ length: 8192 }, (_, i) => {
      const t = i / 12_000;
      return (1 + 0.8 * Math.cos(2 * Math.PI * twiceSpin * t)) * Math.sin(2 * Math.PI * 3100 * t);
    });
    addNoise(samples, 0.3, createPrng(2));
    const ball = extract(samples, 12_000, { shaftHz: SHAFT_HZ, bearing: skf6205 }).lines.find(
      ({ name }) => name === "BSF",
    );
    expect(Math.abs((ball?.foundHz ?? 0) - twiceSpin)).toBeLessThan(0.3);
    expect(ball?.prominenceDb).toBeGreaterThan(25);
  });

  it("finds no line that stands out of noise", () => {
    const samples = new Float32Array(17_476);
    addNoise(samples, 1, createPrng(4));
    const { lines } = extract(samples, 25_600, { shaftHz: SHAFT_HZ, bearing: skf6205 });
    expect(lines).toHaveLength(4);
    for (const { prominenceDb } of lines) expect(prominenceDb).toBeLessThan(13);
  });

  it("does not take the slope of a strong line nearby for a line", () => {
    // One bin beyond the reach of BPFO: its skirt falls into the search range.
    const samples = Float32Array.from({ length: 8192 }, (_, i) => {
      const t = i / 12_000;
      return (1 + 0.9 * Math.cos(2 * Math.PI * 112.5 * t)) * Math.sin(2 * Math.PI * 3100 * t);
    });
    const [outer] = extract(samples, 12_000, { shaftHz: SHAFT_HZ, bearing: skf6205 }).lines;
    expect(outer?.prominenceDb).toBeLessThan(13);
  });

  it("looks for no lines without bearing or speed", () => {
    expect(extract(modulated, 12_000, { shaftHz: SHAFT_HZ }).lines).toEqual([]);
    expect(extract(modulated, 12_000, { shaftHz: 0, bearing: skf6205 }).lines).toEqual([]);
  });

  it("leaves out lines that the sample rate or a slow shaft puts out of reach", () => {
    expect(extract(modulated, 1000, { shaftHz: SHAFT_HZ, bearing: skf6205 }).lines).toEqual([]);
    const names = extract(modulated, 12_000, { shaftHz: 1, bearing: skf6205 }).lines.map(({ name }) => name);
    expect(names).not.toContain("FTF");
  });

  it("says nothing of lines in silence", () => {
    const { lines } = extract(new Float32Array(8192), 12_000, { shaftHz: SHAFT_HZ, bearing: skf6205 });
    for (const line of lines) {
      expect(line.prominenceDb).toBe(0);
      expect(line.foundHz).toBe(line.expectedHz);
    }
  });

  it("refuses blocks too short to tell anything", () => {
    expect(() => createFeatureExtractor(createFft, 255, 12_000)).toThrow(RangeError);
  });
});
