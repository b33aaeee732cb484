import { describe, expect, it } from "vitest";
import { logit, meanAndDeviation, normalQuantile, predictionFactor, studentQuantile } from "./statistics.ts";

describe("normalQuantile", () => {
  // scipy.stats.norm.ppf
  it.each([
    [0.5, 0],
    [0.9, 1.2815515655446004],
    [0.975, 1.959963984540054],
    [0.999, 3.090232306167813],
    [0.9999, 3.719016485455709],
    [0.01, -2.3263478740408408],
    [1e-6, -4.753424308822899],
  ])("of %f is %f", (probability, expected) => {
    expect(normalQuantile(probability)).toBeCloseTo(expected, 7);
  });

  it.each([0, 1, -0.1, Number.NaN])("refuses %f, which is no probability between 0 and 1", (probability) => {
    expect(() => normalQuantile(probability)).toThrow(RangeError);
  });
});

describe("studentQuantile", () => {
  // scipy.stats.t.ppf
  it.each([
    [0.95, 9, 1.8331129326536335],
    [0.999, 9, 4.296805662730113],
    [0.9999, 9, 6.010132129355483],
    [0.999, 19, 3.579400148163749],
    [0.99, 39, 2.4258414097356287],
  ])("at %f with %i degrees of freedom is %f within a thousandth", (probability, degrees, expected) => {
    expect(Math.abs(studentQuantile(probability, degrees) / expected - 1)).toBeLessThan(0.001);
  });

  it("comes to the normal quantile with many degrees of freedom", () => {
    expect(studentQuantile(0.999, 1e9)).toBeCloseTo(3.0902323, 6);
  });
});

describe("predictionFactor", () => {
  it("asks more deviations of a limit that few windows gave", () => {
    // scipy.stats.t.ppf(0.999, 19) * sqrt(1 + 1 / 20)
    expect(predictionFactor(1e-3, 20)).toBeCloseTo(3.6678, 3);
    expect(predictionFactor(1e-3, 10)).toBeGreaterThan(4.4);
    expect(predictionFactor(1e-3, 1e6)).toBeCloseTo(3.0902, 3);
  });
});

describe("meanAndDeviation", () => {
  it("divides by one less than the count", () => {
    const { mean, deviation } = meanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9]);
    expect(mean).toBe(5);
    expect(deviation).toBeCloseTo(2.13809, 5);
  });

  it("knows no deviation of a single value", () => {
    expect(meanAndDeviation([3])).toEqual({ mean: 3, deviation: 0 });
  });
});

describe("logit", () => {
  it("is finite for certainty", () => {
    expect(logit(0.5)).toBe(0);
    expect(logit(1)).toBeCloseTo(13.8155, 4);
    expect(logit(0)).toBeCloseTo(-13.8155, 4);
  });
});
