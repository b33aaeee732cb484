import { isBitTable } from "@stethos/protocol-finger/modbus";
import { StatusCode } from "../../core/quality.ts";
import { putValue, type RawColumns, type Scalar } from "../../core/reading.ts";
import type { TimeUs } from "../../core/time.ts";
import type { Field } from "./field.ts";
import type { Slice } from "./merge.ts";

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
  const { count, isArray, read } = field;
  const isBits = isBitTable(field.table);
  const step = isBits ? 1 : field.width * 2;
  const from = isBits ? slice.at : slice.at * 2;
  const size = answered.view.byteLength * (isBits ? 8 : 1);
  if (from + step * slice.count > size) markBad(into, row, StatusCode.BadDataEncodingInvalid);
  else if (!isArray) putValue(into, row, read(answered.view, from));
  else {
    const status = fillArray(arrayOf(into, row, count), slice, (i) => read(answered.view, from + i * step));
    if (status !== StatusCode.Good) markBad(into, row, status);
  }
}

/** @returns what is wrong with the first element that is no value */
function fillArray(array: Scalar[], slice: Slice, read: (i: number) => Scalar | undefined): number {
  for (let i = 0; i < slice.count; i += 1) {
    const element = read(i);
    if (element === undefined) return StatusCode.BadDataEncodingInvalid;
    if (typeof element === "number" && !Number.isFinite(element)) return StatusCode.BadOutOfRange;
    array[slice.element + i] = element;
  }
  return StatusCode.Good;
}

/** Row `row` has no value, and `status` says why. */
export function markBad(into: RawColumns, row: number, status: number): void {
  into.status[row] = status;
  into.value[row] = Number.NaN;
  into.other.delete(row);
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
  const { read } = field;
  const step = field.width * 2;
  const from = slice.at * 2;
  if (from + step * slice.count > view.byteLength) {
    throw new RangeError(`${slice.count} samples at byte ${from} of ${view.byteLength}`);
  }
  for (let i = 0; i < slice.count; i += 1) {
    samples[slice.element + i] = Number(read(view, from + i * step));
  }
}
