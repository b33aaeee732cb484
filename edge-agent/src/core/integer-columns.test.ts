import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createByteReader, createByteWriter } from "./byte-codec.ts";
import { readIntegers, writeIntegers } from "./integer-columns.ts";

function written(column: Float64Array | Uint32Array | Uint8Array): Uint8Array {
  const out = createByteWriter(1);
  writeIntegers(out, column, column.length);
  return out.view();
}

const roundTrip = (values: readonly number[]): number[] => {
  const bytes = written(Float64Array.from(values));
  return Array.from(readIntegers(createByteReader(bytes), new Float64Array(values.length), values.length));
};

describe("columns of whole numbers", () => {
  it("come back exactly, whatever they are", () => {
    const number = fc.oneof(
      fc.maxSafeInteger().map((value) => Math.trunc(value / 4)),
      fc.integer({ min: -3, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(number), (values) => {
        expect(roundTrip(values)).toEqual(values.map((v) => v + 0));
      }),
    );
  });

  it("take a few bytes where they stand still or count, however many they are", () => {
    expect(written(new Uint32Array(100_000).fill(7))).toHaveLength(6);
    expect(written(Uint32Array.from({ length: 100_000 }, (_, i) => 1000 + i)).length).toBeLessThan(12);
  });

  it("hold microseconds of this century and their jumps", () => {
    const times = [1.7e15, 1.7e15 + 1_000_123, 1.7e15 + 2_000_001, 0, 2 ** 52];
    expect(roundTrip(times)).toEqual(times);
  });

  it("are refused when the bytes end early, run on or name more numbers than there are", () => {
    const bytes = written(Float64Array.of(5, 9, 1e12));
    for (let end = 0; end < bytes.length; end += 1) {
      expect(() => readIntegers(createByteReader(bytes.subarray(0, end)), new Float64Array(3), 3)).toThrow(
        RangeError,
      );
    }
    expect(() => readIntegers(createByteReader(Uint8Array.of(0, 9)), new Uint8Array(3), 3)).toThrow(
      "9 numbers where 3 are due",
    );
    expect(() => createByteReader(new Uint8Array(12).fill(0xff)).unsigned()).toThrow("does not end");
    expect(() => createByteReader(new Uint8Array(2)).bytes(3)).toThrow("the bytes end at 2");
  });
});
