import { describe, expect, it } from "vitest";
import { addNoise, createPrng } from "./prng.ts";
import { defaultValidityPolicy, sensorStateOf } from "./validity.ts";

const LENGTH = 8192;

function noise(deviation = 1, offset = 0): Float32Array {
  const samples = new Float32Array(LENGTH).fill(offset);
  addNoise(samples, deviation, createPrng(7));
  return samples;
}

const sine = (amplitude: number, hz: number): Float32Array =>
  Float32Array.from({ length: LENGTH }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / 25_600));

const quantised = (samples: Float32Array, step: number): Float32Array =>
  samples.map((sample) => Math.round(sample / step) * step);

const clip = (samples: Float32Array, low: number, high: number): Float32Array =>
  samples.map((sample) => Math.min(high, Math.max(low, sample)));

describe("sensorStateOf", () => {
  it("takes noise for a valid sensor, also when it is quiet or rides on an offset of 1 g", () => {
    expect(sensorStateOf(noise())).toBe("valid");
    expect(sensorStateOf(noise(1e-6))).toBe("valid");
    expect(sensorStateOf(noise(0.02, 9.81))).toBe("valid");
  });

  it("calls a block without change flat, at zero or elsewhere", () => {
    expect(sensorStateOf(new Float32Array(LENGTH))).toBe("flat");
    expect(sensorStateOf(new Float32Array(LENGTH).fill(10))).toBe("flat");
  });

  it("calls a converter that stands still for a quarter of the block flat", () => {
    expect(sensorStateOf(noise().fill(0.3, 1000, 1000 + LENGTH / 4))).toBe("flat");
    expect(sensorStateOf(noise().fill(0.3, 1000, 1000 + LENGTH / 8))).toBe("valid");
  });

  it("calls an input at its rail disconnected: the vibration is a thousandth of the offset or less", () => {
    expect(sensorStateOf(noise(0.005, 24))).toBe("disconnected");
    expect(sensorStateOf(noise(0.001, -240))).toBe("disconnected");
  });

  it("calls a signal clipped that is cut off at either end or both", () => {
    expect(sensorStateOf(clip(noise(), -2, 2))).toBe("clipped");
    expect(sensorStateOf(clip(noise(), -9, 2))).toBe("clipped");
    expect(sensorStateOf(clip(noise(), -2, 9))).toBe("clipped");
    expect(sensorStateOf(clip(sine(1, 100), -0.8, 0.8))).toBe("clipped");
    expect(sensorStateOf(quantised(clip(noise(), -2, 2), 0.01))).toBe("clipped");
  });

  it("forgives a few clipped peaks, which leave the rest of the block good evidence", () => {
    expect(sensorStateOf(clip(noise(), -3.2, 3.2))).toBe("valid");
  });

  it("does not take the crests of a slow or coarsely converted sine for clipping", () => {
    expect(sensorStateOf(sine(1, 50))).toBe("valid");
    expect(sensorStateOf(quantised(sine(1, 50), 0.01))).toBe("valid");
    expect(sensorStateOf(quantised(sine(1, 50), 0.1))).toBe("valid");
  });

  it("calls a block with a sample that is no number, or with none at all, bad", () => {
    const samples = noise();
    samples[77] = Number.NaN;
    expect(sensorStateOf(samples)).toBe("bad-quality");
    samples[77] = Number.POSITIVE_INFINITY;
    expect(sensorStateOf(samples)).toBe("bad-quality");
    expect(sensorStateOf(new Float32Array())).toBe("bad-quality");
  });

  it("follows a policy of its own", () => {
    const policy = { ...defaultValidityPolicy, stuckShare: 0.1, clippedShare: 1 };
    expect(sensorStateOf(noise().fill(0.3, 1000, 1000 + LENGTH / 8), policy)).toBe("flat");
    expect(sensorStateOf(clip(noise(), -1, 1), policy)).toBe("valid");
  });
});
