import { StatusCode } from "../../core/quality.ts";
import type { RawColumns, Scalar } from "../../core/reading.ts";
import type { TimeUs } from "../../core/time.ts";
import type { Field } from "./field.ts";
import type { Slice } from "./merge.ts";
import { isBitTable } from "./types.ts";

/** The data bytes of one answer and when they came. */
export interface Answered {
  readonly view: DataView;
  readonly timeUs: TimeUs;
}

/** Put one slice of an answer into row `slice.item`. A row that is already bad stays as it is. */
export function decodeSlice(field: Field, slice: Slice, answered: Answered, into: RawColumns): void {
  const row = slice.item;
  into.sourceTimeUs[row] = answered.timeUs;
  if (into.status[row] !== StatusCode.Good) return;
  const { count, codec, isArray } = field;
  const isBits = isBitTable(field.table);
  const step = isBits ? 1 : field.width * 2;
  const from = isBits ? slice.at : slice.at * 2;
  const size = answered.view.byteLength * (isBits ? 8 : 1);
  if (from + step * slice.count > size) markBad(into, row, StatusCode.BadDataEncodingInvalid);
  else if (!isArray) put(into, row, codec.read(answered.view, from), codec.fault);
  else if (!fillArray(arrayOf(into, row, count), slice, (i) => codec.read(answered.view, from + i * step))) {
    markBad(into, row, codec.fault);
  }
}

/** @returns false at an element that is no value */
function fillArray(array: Scalar[], slice: Slice, read: (i: number) => Scalar): boolean {
  for (let i = 0; i < slice.count; i += 1) {
    const element = read(i);
    if (typeof element === "number" && !Number.isFinite(element)) return false;
    array[slice.element + i] = element;
  }
  return true;
}

/** Row `row` has no value, and `status` says why. */
export function markBad(into: RawColumns, row: number, status: number): void {
  into.status[row] = status;
  into.value[row] = Number.NaN;
  into.other.delete(row);
}

function put(into: RawColumns, row: number, value: Scalar, fault: number): void {
  if (typeof value === "number") {
    if (Number.isFinite(value)) into.value[row] = value;
    else into.status[row] = fault;
    return;
  }
  if (typeof value === "boolean") into.value[row] = value ? 1 : 0;
  into.other.set(row, value);
}

/** The array of a row, made when its first slice comes. The answers of its requests fill it in any order. */
function arrayOf(into: RawColumns, row: number, count: number): Scalar[] {
  const found = into.other.get(row);
  if (Array.isArray(found)) return found;
  const made = new Array<Scalar>(count).fill(Number.NaN);
  into.other.set(row, made);
  return made;
}

/** Put one slice of a waveform's samples into `samples`. What is no number is NaN. */
export function decodeSamples(field: Field, slice: Slice, view: DataView, samples: Float32Array): void {
  const { read } = field.codec;
  const step = field.width * 2;
  const from = slice.at * 2;
  if (from + step * slice.count > view.byteLength) {
    throw new RangeError(`${slice.count} samples at byte ${from} of ${view.byteLength}`);
  }
  for (let i = 0; i < slice.count; i += 1) {
    samples[slice.element + i] = Number(read(view, from + i * step));
  }
}
