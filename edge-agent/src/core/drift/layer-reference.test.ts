import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addNoise, createPrng } from "../prng.ts";
import { checkDriftPolicy, defaultDriftPolicy } from "./drift-policy.ts";
import { emptyLayer, ratioOf, takeIn } from "./layer-state.ts";
import { createProjection } from "./projection.ts";
import { fQuantile } from "./tail.ts";
import { quickPolicy } from "./test-kit.ts";

const SIZE = 6;

function noise(count: number, seed: number): Float32Array[] {
  const all = new Float32Array(count * SIZE);
  addNoise(all, 1, createPrng(seed));
  return Array.from({ length: count }, (_, i) => all.slice(i * SIZE, (i + 1) * SIZE));
}

/** Ratio of one block, after a reference; each number of both goes to the place that `places` names. */
function ratioFor(shift: number, seed: number, places = [0, 1, 2, 3, 4, 5]): number {
  const order = (row: Float32Array) => Float32Array.from(places, (place) => row[place] ?? 0);
  let layer = emptyLayer(SIZE, quickPolicy);
  for (const row of noise(quickPolicy.referenceWindows, seed)) {
    layer = takeIn(layer, "embedding", order(row), quickPolicy);
  }
  for (const row of noise(quickPolicy.blockWindows, seed + 1000)) {
    row[2] = (row[2] ?? 0) + shift;
    layer = takeIn(layer, "embedding", order(row), quickPolicy);
  }
  return ratioOf(layer, quickPolicy.blockWindows);
}

describe("the distance of a block", () => {
  it("grows with the shift, from below 1 to above", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (seed) => {
        // From where the shift outweighs the block's own chance, and below the reach of a window.
        const ratios = [2, 2.5, 3, 3.5].map((shift) => ratioFor(shift, seed));
        expect(ratios).toEqual(ratios.toSorted((a, b) => a - b));
        expect(ratioFor(20, seed)).toBeGreaterThan(1);
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it("does not depend on the order of the numbers", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: SIZE }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (seed, places, shift) => {
          expect(ratioFor(shift, seed, places)).toBeCloseTo(ratioFor(shift, seed), 9);
        },
      ),
      { numRuns: 20, seed: 2 },
    );
  });

  it("is no drift where a steady number moves within its floor, and is beyond", () => {
    const told = [0.01, 0.5].map((rise) => {
      let layer = emptyLayer(SIZE, quickPolicy);
      const still = Float32Array.from({ length: SIZE }, () => 1);
      for (let i = 0; i < quickPolicy.referenceWindows; i += 1)
        layer = takeIn(layer, "input", still, quickPolicy);
      const moved = still.map((value) => value + rise);
      for (let i = 0; i < quickPolicy.blockWindows; i += 1)
        layer = takeIn(layer, "input", moved, quickPolicy);
      return ratioOf(layer, quickPolicy.blockWindows);
    });
    expect(told[0]).toBeLessThan(0.5);
    expect(told[1]).toBeGreaterThan(1);
  });

  it("has a higher threshold where neighbours are alike: their mean wanders farther", () => {
    const limits = [0, 0.8].map((memory) => {
      let layer = emptyLayer(SIZE, defaultDriftPolicy);
      let last = new Float32Array(SIZE);
      const fresh = Math.sqrt(1 - memory ** 2);
      for (const row of noise(defaultDriftPolicy.referenceWindows, 9)) {
        last = row.map((value, j) => memory * (last[j] ?? 0) + fresh * value);
        layer = takeIn(layer, "embedding", last, defaultDriftPolicy);
      }
      if (layer.kind !== "learnt") throw new TypeError("the reference is not complete");
      const offset = layer.reference.centre.map((centre) => 0.8 - centre);
      layer.sum.set(offset.map((value) => value * defaultDriftPolicy.blockWindows));
      return ratioOf(layer, defaultDriftPolicy.blockWindows);
    });
    expect(limits[0]).toBeGreaterThan(1.5 * (limits[1] ?? 0));
  });
});

describe("the quantile of F", () => {
  // scipy.stats.f.ppf(p, a, b)
  it.each([
    [0.95, 4, 10, 3.478],
    [0.99, 6, 20, 3.871],
    [0.9967, 6, 30, 4.242],
    [0.9967, 6, 10, 7.318],
    [0.5, 5, 40, 0.885],
  ])("of %d with %d and %d degrees is within 3 %% of %d", (p, above, below, expected) => {
    expect(Math.abs(fQuantile(p, above, below) / expected - 1)).toBeLessThan(0.03);
  });
});

describe("a random projection", () => {
  it("is the same for the same seed, and keeps lengths in the mean", () => {
    const [a, b] = [createProjection(3, 512, 6), createProjection(3, 512, 6)];
    const [left, right] = [new Float32Array(8), new Float32Array(8)];
    const values = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i));
    a.project(values, left, 1);
    b.project(values, right, 1);
    expect(left).toEqual(right);
    expect([left[0], left[7]]).toEqual([0, 0]);
    let sum = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      createProjection(seed, 512, 6).project(values, left, 0);
      sum += left.subarray(0, 6).reduce((total, value) => total + value * value, 0) / 6;
    }
    // The mean square of a sine is 0.5.
    expect(sum / 200).toBeCloseTo(0.5, 1);
  });
});

describe("the policy of drift", () => {
  it("is refused where a reference holds too few blocks to know how they scatter", () => {
    expect(checkDriftPolicy(defaultDriftPolicy)).toBe(defaultDriftPolicy);
    for (const wrong of [
      { blockWindows: 1 },
      { referenceWindows: 19, blockWindows: 4 },
      { referenceWindows: 40, blockWindows: 12 },
      { expectedRunBlocks: 1 },
    ]) {
      expect(() => checkDriftPolicy({ ...defaultDriftPolicy, ...wrong })).toThrow(RangeError);
    }
  });
});
