import type { S7Type } from "@stethos/protocol-finger/s7";

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

export const isSampleType = (type: S7Type): boolean =>
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
