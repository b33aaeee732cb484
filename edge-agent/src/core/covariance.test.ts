import { describe, expect, it } from "vitest";
import { invertPositive, meanOfRows, shrunkCovariance } from "./covariance.ts";
import { createPrng } from "./prng.ts";

// numpy, after the formulas of Ledoit & Wolf (2004) as scikit-learn writes them; shrinkage 0.620886668748.
const rows = [
  [1, 2, 0],
  [2, 1, 1],
  [0, 3, 1],
  [4, 0, 2],
  [3, 3, 0.5],
];
const shrunk = [
  1.54468311, -0.37911333, 0.18955667, -0.37911333, 1.30205058, -0.19713893, 0.18955667, -0.19713893,
  0.95326631,
];
const inverse = [
  0.7065219, 0.19040595, -0.10111499, 0.19040595, 0.84415834, 0.13671285, -0.10111499, 0.13671285, 1.09740419,
];

function expectNear(actual: Float64Array, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 7);
  });
}

describe("shrunkCovariance", () => {
  it("gives the Ledoit-Wolf estimate", () => {
    expectNear(shrunkCovariance(rows, meanOfRows(rows)), shrunk);
  });

  it("is well conditioned with fewer rows than columns", () => {
    const uniform = createPrng(1);
    const few = Array.from({ length: 5 }, () => Float64Array.from({ length: 32 }, uniform));
    expect(() => invertPositive(shrunkCovariance(few, meanOfRows(few)), 32)).not.toThrow();
  });

  it("is zero where nothing varies", () => {
    const same = [
      [1, 2],
      [1, 2],
    ];
    expectNear(shrunkCovariance(same, meanOfRows(same)), [0, 0, 0, 0]);
  });
});

describe("invertPositive", () => {
  it("inverts a positive definite matrix", () => {
    expectNear(invertPositive(Float64Array.from(shrunk), 3), inverse);
  });

  it("refuses a matrix that is none", () => {
    expect(() => invertPositive(Float64Array.of(1, 2, 2, 1), 2)).toThrow(RangeError);
  });
});
