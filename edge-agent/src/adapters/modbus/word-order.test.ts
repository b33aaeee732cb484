import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { looksExchanged, withExchangedWords } from "./word-order.ts";

const exchanged = (values: readonly number[]) => Float64Array.from(values, withExchangedWords);
const all = (values: Float64Array) => [...values.keys()];

describe("word order", () => {
  it("exchanges the halves of a float, and back", () => {
    expect(withExchangedWords(42)).toBeCloseTo(2.373e-41, 43);
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: 1, max: 1e6 }), (value) => {
        const there = withExchangedWords(value);
        fc.pre(Number.isFinite(there));
        expect(withExchangedWords(there)).toBe(value);
      }),
    );
  });

  it("is suspected where values are absurd and would not be with their registers exchanged", () => {
    const values = exchanged([42, 21.5, 61.37, 1480.5]);
    expect(looksExchanged(values, all(values))).toBe(0);
  });

  it("is not suspected of values that are as they should be, of zeros, nor of values that are no better exchanged", () => {
    const sound = Float64Array.of(42, 21.5, 0, -7.25, 1480.5);
    expect(looksExchanged(sound, all(sound))).toBeUndefined();
    const nothing = Float64Array.of(0, 0, Number.NaN);
    expect(looksExchanged(nothing, all(nothing))).toBeUndefined();
    const noise = Float64Array.of(1e-30, 1e30);
    expect(looksExchanged(noise, all(noise))).toBeUndefined();
  });

  it("is not suspected for one odd value among sound ones", () => {
    const values = Float64Array.of(42, 21.5, withExchangedWords(30), 7);
    expect(looksExchanged(values, all(values))).toBeUndefined();
  });

  it("is told by most sets of plausible values, and never of them as they are", () => {
    const plausible = fc.array(fc.double({ min: 0.5, max: 5000, noNaN: true }).map(Math.fround), {
      minLength: 8,
      maxLength: 20,
    });
    fc.assert(
      fc.property(plausible, (values) => {
        expect(looksExchanged(Float64Array.from(values), [...values.keys()])).toBeUndefined();
      }),
    );
  });
});
