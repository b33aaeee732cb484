import { describe, expect, it } from "vitest";
import { createPrng } from "../prng.ts";
import { logEvidence, logMoreFrequent, logRarer, upperBound } from "./betting.ts";

describe("evidence by betting", () => {
  it("is one before anything was seen", () => {
    expect(logRarer(0, 0, 0.1)).toBeCloseTo(0, 12);
    expect(logMoreFrequent(0, 0, 0.1)).toBeCloseTo(0, 12);
  });

  it("exceeds 20 under the null in one run of twenty at most, looked at after every observation", () => {
    const random = createPrng(5);
    let wrong = 0;
    for (let run = 0; run < 400; run += 1) {
      let hits = 0;
      for (let n = 1; n <= 1000; n += 1) {
        if (random() < 0.02) hits += 1;
        if (logMoreFrequent(hits, n, 0.02) >= Math.log(20)) {
          wrong += 1;
          break;
        }
      }
    }
    expect(wrong).toBeLessThanOrEqual(20);
  });

  it("finds a rate that is three times as high", () => {
    expect(logMoreFrequent(30, 1000, 0.01)).toBeGreaterThan(Math.log(20));
    expect(logMoreFrequent(10, 1000, 0.01)).toBeLessThan(0);
  });

  it("bounds a share from above, the closer the more was seen", () => {
    expect(upperBound(0, 0, 0.05)).toBe(1);
    const few = upperBound(1, 200, 0.05);
    const many = upperBound(20, 4000, 0.05);
    expect(few).toBeGreaterThan(many);
    expect(many).toBeGreaterThan(0.005);
    expect(many).toBeLessThan(0.01);
  });

  it("refuses a null hypothesis that nothing could contradict", () => {
    expect(() => logEvidence([{ value: 1, count: 3 }])).toThrow(RangeError);
  });
});
