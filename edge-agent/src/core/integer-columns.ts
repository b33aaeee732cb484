import type { ByteReader, ByteWriter } from "./byte-codec.ts";

/** A column of whole numbers of up to 52 bits. */
type Column = Uint8Array | Uint32Array | Float64Array;

/** Writes a column as differences of differences: what counts, repeats or stands still becomes zeros, and a run of
 *  zeros becomes a zero and its length. (After Facebook's Gorilla, VLDB 2015, 4.1.1, in bytes instead of bits.) */
export function writeIntegers(out: ByteWriter, column: Column, count: number): void {
  let last = 0;
  let lastStep = 0;
  let zeros = 0;
  for (let i = 0; i < count; i += 1) {
    const value = column[i] as number;
    const step = value - last;
    const change = step - lastStep;
    last = value;
    lastStep = step;
    if (change === 0) {
      zeros += 1;
      continue;
    }
    if (zeros > 0) writeZeros(out, zeros);
    zeros = 0;
    out.signed(change);
  }
  if (zeros > 0) writeZeros(out, zeros);
}

function writeZeros(out: ByteWriter, zeros: number): void {
  out.signed(0);
  out.unsigned(zeros);
}

/** The inverse of {@link writeIntegers} into the first `count` places of `column`.
 *  @throws RangeError on bytes that do not fit the count */
export function readIntegers<T extends Column>(source: ByteReader, column: T, count: number): T {
  let value = 0;
  let step = 0;
  let i = 0;
  while (i < count) {
    const change = source.signed();
    if (change !== 0) {
      step += change;
      value += step;
      column[i++] = value;
      continue;
    }
    const end = i + source.unsigned();
    if (end > count) throw new RangeError(`${end} numbers where ${count} are due`);
    if (step === 0) {
      // The common case, a column that stands still, at the speed of memory.
      column.fill(value, i, end);
      i = end;
    }
    for (; i < end; i += 1) {
      value += step;
      column[i] = value;
    }
  }
  return column;
}
