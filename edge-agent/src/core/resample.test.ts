import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createResampler } from "./resample.ts";

/** The same values as in the script that made the expected numbers: numpy float32, then scipy.signal.resample_poly. */
const signal = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(0.05 * i * (1 + i / 400)) + 0.3 * Math.cos(1.1 * i) + 0.2);

function resample(input: Float32Array, fromHz: number, toHz: number): Float32Array {
  const resampler = createResampler(fromHz, toHz);
  const output = new Float32Array(resampler.outputLength(input.length));
  resampler.run(input, output);
  return output;
}

describe("createResampler", () => {
  // scipy 1.10.1: resample_poly(signal(n), up, down), first, middle and last values
  it.each([
    {
      name: "25.6 kHz to 12 kHz (15/32)",
      rates: [25_600, 12_000],
      length: 100,
      out: 47,
      expected: {
        0: 0.375670703,
        1: 0.143537293,
        2: 0.380760347,
        3: 0.754881829,
        20: 0.609724838,
        45: -0.0146253844,
        46: 0.152312746,
      },
    },
    {
      name: "20 kHz to 12 kHz (3/5)",
      rates: [20_000, 12_000],
      length: 60,
      out: 36,
      expected: { 0: 0.405546876, 1: 0.239799287, 17: 1.48956603, 34: 0.387415077, 35: 0.040163704 },
    },
    {
      name: "48 kHz to 12 kHz (1/4)",
      rates: [48_000, 12_000],
      length: 90,
      out: 23,
      expected: { 0: 0.181687261, 1: 0.393717903, 11: 0.844532094, 22: -0.557018819 },
    },
    {
      name: "44.1 kHz to 12 kHz (40/147)",
      rates: [44_100, 12_000],
      length: 200,
      out: 55,
      expected: { 0: 0.185463668, 1: 0.372528421, 30: 0.881607353, 54: 0.697702779 },
    },
    {
      name: "6 kHz to 12 kHz (2/1)",
      rates: [6000, 12_000],
      length: 20,
      out: 40,
      expected: { 0: 0.500258735, 1: 0.535542442, 20: 0.692043246, 39: 0.422335624 },
    },
    {
      name: "48 828 Hz to 12 kHz (1000/4069)",
      rates: [48_828, 12_000],
      length: 500,
      out: 123,
      expected: { 0: 0.181046289, 1: 0.398092605, 5: 1.07618375, 120: -0.512939163, 122: -0.557429446 },
    },
  ])("agrees with scipy.signal.resample_poly: $name", ({ rates, length, out, expected }) => {
    const output = resample(signal(length), rates[0] ?? 0, rates[1] ?? 0);
    expect(output.length).toBe(out);
    for (const [index, value] of Object.entries(expected))
      expect(output[Number(index)]).toBeCloseTo(value, 6);
  });

  it("hands equal rates through unchanged", () => {
    const input = signal(50);
    expect(resample(input, 12_000, 12_000)).toEqual(input);
  });

  it("finds the ratio of rates that are no whole numbers", () => {
    expect(createResampler(12_207.03125, 12_000)).toMatchObject({ up: 3072, down: 3125 });
  });

  it("comes within one sample in a million of a rate that fits no simple ratio", () => {
    const { up, down } = createResampler(25_599.37, 12_000);
    expect(Math.max(up, down)).toBeLessThanOrEqual(5000);
    expect(up / down / (12_000 / 25_599.37)).toBeCloseTo(1, 6);
  });

  it.each([
    [0, 12_000],
    [-1, 12_000],
    [12_000, 0],
    [Number.NaN, 12_000],
    [12_000, Number.POSITIVE_INFINITY],
    [1, 12_000],
    [1e9, 12_000],
  ])("refuses to go from %f Hz to %f Hz", (fromHz, toHz) => {
    expect(() => createResampler(fromHz, toHz)).toThrow(RangeError);
  });

  it("keeps a tone below the new Nyquist frequency and removes one above it", () => {
    const tone = (hz: number) =>
      Float32Array.from({ length: 25_600 }, (_, i) => Math.sin((2 * Math.PI * hz * i) / 25_600));
    const peak = (block: Float32Array) =>
      block.subarray(2000, 10_000).reduce((most, v) => Math.max(most, v), 0);
    expect(peak(resample(tone(1000), 25_600, 12_000))).toBeCloseTo(1, 3);
    expect(peak(resample(tone(9000), 25_600, 12_000))).toBeLessThan(1e-3);
  });

  it("is linear", () => {
    const sample = fc.float({ min: -100, max: 100, noNaN: true });
    const pair = fc.array(fc.tuple(sample, sample), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(pair, fc.float({ min: -3, max: 3, noNaN: true }), (pairs, gain) => {
        const a = Float32Array.from(pairs, ([value]) => value);
        const b = Float32Array.from(pairs, ([, value]) => value);
        const sum = resample(
          a.map((value, i) => value + gain * (b[i] ?? 0)),
          25_600,
          12_000,
        );
        const [left, right] = [resample(a, 25_600, 12_000), resample(b, 25_600, 12_000)];
        sum.forEach((value, i) => {
          expect(value).toBeCloseTo((left[i] ?? 0) + gain * (right[i] ?? 0), 2);
        });
      }),
    );
  });
});
