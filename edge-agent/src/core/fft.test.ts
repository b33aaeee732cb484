import { describe, expect, it } from "vitest";
import { fftExtent, hann } from "./fft.ts";

describe("fftExtent", () => {
  it.each([
    [8192, { used: 8192, size: 8192 }],
    [17_476, { used: 16_384, size: 16_384 }],
    [10_923, { used: 10_923, size: 16_384 }],
    [16_383, { used: 16_383, size: 16_384 }],
    [1, { used: 1, size: 2 }],
  ])("of %i samples uses what fits a power of two, or pads", (available, expected) => {
    expect(fftExtent(available)).toEqual(expected);
  });
});

describe("hann", () => {
  it("is periodic: zero at the start, one in the middle, no zero at the end", () => {
    const window = hann(8);
    expect(window[0]).toBe(0);
    expect(window[4]).toBe(1);
    expect(window[7]).toBeCloseTo(0.146447, 6);
  });
});
