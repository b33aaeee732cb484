import { describe, expect, it } from "vitest";
import { auroc, wilson } from "./statistics.ts";

describe("statistics of an evaluation", () => {
  it("gives the chance that a faulty window scores above a healthy one, ties counting half", () => {
    expect(auroc([1, 2], [3, 4])).toBe(1);
    expect(auroc([3, 4], [1, 2])).toBe(0);
    expect(auroc([1, 1], [1, 1])).toBe(0.5);
    expect(auroc([1, 3], [2, 4])).toBe(0.75);
    expect(auroc([], [1])).toBeNaN();
  });

  it("gives Wilson's interval (0 and 2 of 111, as published tables have it)", () => {
    const [low, high] = wilson(2, 111);
    expect(low).toBeCloseTo(0.00495, 4);
    expect(high).toBeCloseTo(0.06333, 4);
    expect(wilson(0, 111)[0]).toBe(0);
    expect(wilson(0, 0)).toEqual([0, 1]);
  });
});
