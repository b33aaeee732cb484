import type { S7Address } from "./address.ts";
import type { AddressProblem } from "./problem.ts";
import type { S7Type } from "./types.ts";

type SampleReader = (view: DataView, at: number) => number;

/** The types a block of samples can have beside INT and REAL, which have loops of their own. */
const SAMPLE_READERS: Readonly<Partial<Record<S7Type, SampleReader>>> = {
  SINT: (view, at) => view.getInt8(at),
  USINT: (view, at) => view.getUint8(at),
  BYTE: (view, at) => view.getUint8(at),
  UINT: (view, at) => view.getUint16(at),
  WORD: (view, at) => view.getUint16(at),
  DINT: (view, at) => view.getInt32(at),
  UDINT: (view, at) => view.getUint32(at),
  DWORD: (view, at) => view.getUint32(at),
  LREAL: (view, at) => view.getFloat64(at),
};

const isSampleType = (type: S7Type): boolean =>
  type === "INT" || type === "REAL" || SAMPLE_READERS[type] !== undefined;

/** Samples of one waveform block from its bytes. NaN and infinities stay what they are.
 *  @returns a new array of `count` samples, owned by the caller
 *  @throws RangeError where `view` is too short or the type is none of numbers */
export function decodeSamples(
  view: DataView,
  type: S7Type,
  elementBytes: number,
  count: number,
): Float32Array {
  if (count * elementBytes > view.byteLength) {
    throw new RangeError(`${count} samples of ${type} need more than ${view.byteLength} bytes`);
  }
  const samples = new Float32Array(count);
  // The two usual types are read without a call a sample.
  if (type === "INT") for (let i = 0; i < count; i += 1) samples[i] = view.getInt16(2 * i);
  else if (type === "REAL") for (let i = 0; i < count; i += 1) samples[i] = view.getFloat32(4 * i);
  else {
    const read = SAMPLE_READERS[type];
    if (read === undefined) throw new RangeError(`${type} is no type of samples`);
    for (let i = 0; i < count; i += 1) samples[i] = read(view, i * elementBytes);
  }
  return samples;
}

/** What keeps an address from being read as a block of `samples` samples; offsets cannot be told here. */
export function blockProblem(address: S7Address, samples: number): AddressProblem | undefined {
  if (!isSampleType(address.type)) return { at: 0, message: `${address.type} cannot be read as samples` };
  if (address.count === samples) return undefined;
  return { at: 0, message: `it has ${address.count} elements where the waveform has ${samples} samples` };
}

const WHOLE_NUMBERS: readonly S7Type[] = [
  "BYTE",
  "SINT",
  "USINT",
  "WORD",
  "INT",
  "UINT",
  "DWORD",
  "DINT",
  "UDINT",
  "LWORD",
  "LINT",
  "ULINT",
  "BCD16",
  "BCD32",
  "COUNTER",
];

/** What keeps an address from being read as a number that counts the blocks of a waveform. */
export function counterProblem({ isArray, type }: S7Address): AddressProblem | undefined {
  if (!isArray && WHOLE_NUMBERS.includes(type)) return undefined;
  return { at: 0, message: `a block counter is one whole number, not ${isArray ? "an array" : type}` };
}
