import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createByteReader, createByteWriter } from "../../core/byte-codec.ts";
import { readValues, writeValues } from "./values.ts";

function written(values: readonly number[]): Uint8Array {
  const out = createByteWriter();
  writeValues(out, Float64Array.from(values), values.length);
  return out.view();
}

const roundTrip = (values: readonly number[]) =>
  Array.from(readValues(createByteReader(written(values)), values.length), (value) => value + 0);

describe("columns of values", () => {
  it("come back exactly, NaN and all", () => {
    const values = fc.oneof(
      fc.array(fc.double()),
      fc.array(fc.float()),
      fc.array(fc.constantFrom(0.1, 23.5, -7, Number.NaN, 1e308)),
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1200, maxLength: 1500 }),
    );
    fc.assert(
      fc.property(values, (given) => {
        expect(roundTrip(given)).toEqual(given.map((value) => value + 0));
      }),
    );
  });

  it("take 9 bytes where all are the same", () => {
    expect(written(Array(1000).fill(21.5))).toHaveLength(9);
    expect(written(Array(1000).fill(Number.NaN))).toHaveLength(9);
  });

  it("take a byte each where few are distinct, four where single precision holds them, eight otherwise", () => {
    const few = Array.from({ length: 1000 }, (_, i) => (i % 100) * 0.1);
    const single = Array.from({ length: 1000 }, (_, i) => Math.fround(Math.sin(i)));
    const double = Array.from({ length: 1000 }, (_, i) => Math.sin(i));
    expect([few, single, double].map((values) => written(values).length)).toEqual([1802, 4001, 8001]);
  });

  it("are refused when the bytes end early or name no layout", () => {
    const bytes = written(Array.from({ length: 100 }, (_, i) => i % 3));
    expect(() => readValues(createByteReader(bytes.subarray(0, 90)), 100)).toThrow(RangeError);
    expect(() => readValues(createByteReader(Uint8Array.of(9)), 1)).toThrow("there is no layout 9");
  });
});
