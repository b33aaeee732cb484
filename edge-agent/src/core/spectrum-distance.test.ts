import { describe, expect, it } from "vitest";
import { createPrng } from "./prng.ts";
import { distanceFrom, fitReference, leaveOutDistances } from "./spectrum-distance.ts";

const rows = [
  [1, 2, 0],
  [2, 1, 1],
  [0, 3, 1],
  [4, 0, 2],
  [3, 3, 0.5],
];

describe("distanceFrom", () => {
  it("is the Mahalanobis distance with the shrunk covariance and its floor", () => {
    // numpy: sqrt(d inv(C + 0.01^2 I) d') for d = (5, 5, 5) - mean
    expect(distanceFrom(fitReference(rows, 0.01), [5, 5, 5])).toBeCloseTo(6.1807607, 6);
  });

  it("is zero at the mean, and finite for a reference that never varied", () => {
    const still = fitReference(
      [
        [1, 2],
        [1, 2],
      ],
      0.02,
    );
    expect(distanceFrom(still, [1, 2])).toBe(0);
    // One floor away in each of two bands.
    expect(distanceFrom(still, [1.02, 2.02])).toBeCloseTo(Math.SQRT2, 9);
  });
});

describe("leaveOutDistances", () => {
  const uniform = createPrng(9);
  const spectrum = (level: number) => Array.from({ length: 4 }, () => level + uniform() / 10);

  it("gives one distance a spectrum, copies included", () => {
    const groups = Array.from({ length: 10 }, () => [spectrum(0), spectrum(1)]);
    expect(leaveOutDistances(groups, 4, 0.02)).toHaveLength(20);
  });

  it("never parts a window from its copies: an odd window is odd, however many copies of it there are", () => {
    const groups = Array.from({ length: 12 }, () => [spectrum(0), spectrum(0)]);
    const odd = [5, 5, 5, 5];
    groups[6] = [odd, [...odd]];
    const distances = leaveOutDistances(groups, 4, 0.02);
    const others = distances.filter((_, i) => i !== 12 && i !== 13);
    // With its copy in the fit, the odd one would be an ordinary window.
    expect(distances[12]).toBeGreaterThan(20 * Math.max(...others));
    expect(distances[13]).toBe(distances[12]);
  });
});
