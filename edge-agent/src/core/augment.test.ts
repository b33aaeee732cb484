import { describe, expect, it } from "vitest";
import { augment, defaultAugmentPolicy } from "./augment.ts";
import { rmsOf } from "./moments.ts";

const window = Float32Array.from({ length: 8192 }, (_, i) => Math.SQRT2 * Math.sin(0.3 * i));

describe("augment", () => {
  it("gives the same copy for the same seed and leaves the window alone", () => {
    const before = window.slice();
    expect(augment(window, 5)).toEqual(augment(window, 5));
    expect(augment(window, 5)).not.toEqual(augment(window, 6));
    expect(window).toEqual(before);
  });

  it("draws gain within 0.5 .. 2 and noise within 0.3 .. 1.2 of the window's RMS", () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const copy = augment(window, seed);
      // Least squares: how much of the window is in the copy.
      const gain = copy.reduce((sum, value, i) => sum + value * (window[i] ?? 0), 0) / 8192;
      const noise = rmsOf(copy.map((value, i) => value - gain * (window[i] ?? 0))) / gain;
      expect(gain).toBeGreaterThan(0.48);
      expect(gain).toBeLessThan(2.08);
      expect(noise).toBeGreaterThan(0.29);
      expect(noise).toBeLessThan(1.24);
    }
  });

  it("follows a policy of its own", () => {
    const still = { ...defaultAugmentPolicy, leastNoise: 0, mostNoise: 0 };
    const copy = augment(window, 3, still);
    const gain = (copy[1] ?? 0) / (window[1] ?? 1);
    copy.forEach((value, i) => {
      expect(value).toBeCloseTo(gain * (window[i] ?? 0), 5);
    });
  });

  it("spreads gain evenly on both sides of one", () => {
    const louder = Array.from({ length: 400 }, (_, seed) => augment(window, seed)).filter(
      (copy) => copy.reduce((sum, value, i) => sum + value * (window[i] ?? 0), 0) > 8192,
    );
    expect(louder.length).toBeGreaterThan(160);
    expect(louder.length).toBeLessThan(240);
  });
});
