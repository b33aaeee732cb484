import type { S7Address, S7Type } from "@stethos/protocol-finger/s7";
import {
  counterValue,
  dateAndTimeText,
  dateText,
  dtlText,
  ldtText,
  s5TimeMs,
  signedBcd,
  timeOfDayMs,
} from "@stethos/protocol-finger/s7";
import { StatusCode } from "../../core/quality.ts";
import type { RawColumns, Scalar } from "../../core/reading.ts";

/** Puts the value whose bytes begin at `at` into row `row`, or the status that says why there is none. */
export type RowDecoder = (view: DataView, at: number, out: RawColumns, row: number) => void;

/** @param bytes of the value's field; @returns undefined where the bytes are no value of the type */
type Reader = (view: DataView, at: number, bytes: number) => Scalar | undefined;

/** Everything in an S7 is big-endian, as DataView reads it. BOOL is read by its bit, below. */
const READERS: Readonly<Record<Exclude<S7Type, "BOOL">, Reader>> = {
  BYTE: (view, at) => view.getUint8(at),
  USINT: (view, at) => view.getUint8(at),
  SINT: (view, at) => view.getInt8(at),
  WORD: (view, at) => view.getUint16(at),
  UINT: (view, at) => view.getUint16(at),
  INT: (view, at) => view.getInt16(at),
  DWORD: (view, at) => view.getUint32(at),
  UDINT: (view, at) => view.getUint32(at),
  DINT: (view, at) => view.getInt32(at),
  TIME: (view, at) => view.getInt32(at),
  REAL: (view, at) => view.getFloat32(at),
  LREAL: (view, at) => view.getFloat64(at),
  LWORD: (view, at) => whole(view.getBigUint64(at)),
  ULINT: (view, at) => whole(view.getBigUint64(at)),
  LTOD: (view, at) => whole(view.getBigUint64(at)),
  LINT: (view, at) => whole(view.getBigInt64(at)),
  LTIME: (view, at) => whole(view.getBigInt64(at)),
  BCD16: (view, at) => signedBcd(view.getUint16(at), 3),
  BCD32: (view, at) => signedBcd(view.getUint32(at), 7),
  S5TIME: (view, at) => s5TimeMs(view.getUint16(at)),
  COUNTER: (view, at) => counterValue(view.getUint16(at)),
  TIME_OF_DAY: (view, at) => timeOfDayMs(view.getUint32(at)),
  DATE: (view, at) => dateText(view.getUint16(at)),
  DATE_AND_TIME: dateAndTimeText,
  DTZ: (view, at) => inUtc(dateAndTimeText(view, at)),
  DTL: dtlText,
  DTLZ: (view, at) => inUtc(dtlText(view, at)),
  LDT: (view, at) => ldtText(view.getBigInt64(at)),
  CHAR: (view, at) => latin1(view, at, 1),
  WCHAR: (view, at) => utf16(view, at, 1),
  STRING: (view, at, bytes) => {
    const length = view.getUint8(at + 1);
    return length > bytes - 2 ? undefined : latin1(view, at + 2, length);
  },
  WSTRING: (view, at, bytes) => {
    const length = view.getUint16(at + 2);
    return 2 * length > bytes - 4 ? undefined : utf16(view, at + 4, length);
  },
};

/** A decoder for the values at `address`; bytes that `view` does not hold are a status, not an exception. */
export function createRowDecoder(address: S7Address): RowDecoder {
  const decode = rowDecoder(address);
  const { byteLength } = address;
  return (view, at, out, row) => {
    if (at + byteLength > view.byteLength) out.status[row] = StatusCode.BadDataEncodingInvalid;
    else decode(view, at, out, row);
  };
}

function rowDecoder(address: S7Address): RowDecoder {
  const { type, bit, count, elementBytes, isArray } = address;
  if (type === "BOOL") return isArray ? bitArrayDecoder(bit, count) : bitDecoder(bit);
  const read = READERS[type];
  if (!isArray) return (view, at, out, row) => put(out, row, read(view, at, elementBytes));
  if (type === "CHAR") return (view, at, out, row) => put(out, row, latin1(view, at, count));
  if (type === "WCHAR") return (view, at, out, row) => put(out, row, utf16(view, at, count));
  return arrayDecoder(read, count, elementBytes);
}

function put(out: RawColumns, row: number, value: Scalar | undefined): void {
  if (typeof value === "number") {
    // NaN and the infinities are no readings; the row keeps its NaN, which stands for "no value".
    if (Number.isFinite(value)) out.value[row] = value;
    else out.status[row] = StatusCode.BadOutOfRange;
  } else if (value === undefined) out.status[row] = StatusCode.BadDataEncodingInvalid;
  else out.other.set(row, value);
}

function bitDecoder(bit: number): RowDecoder {
  const mask = 1 << bit;
  return (view, at, out, row) => {
    const isSet = (view.getUint8(at) & mask) !== 0;
    out.value[row] = isSet ? 1 : 0;
    out.other.set(row, isSet);
  };
}

function bitArrayDecoder(firstBit: number, count: number): RowDecoder {
  return (view, at, out, row) => {
    const bits = new Array<boolean>(count);
    for (let i = 0; i < count; i += 1) {
      const bit = firstBit + i;
      bits[i] = ((view.getUint8(at + (bit >>> 3)) >>> (bit & 7)) & 1) === 1;
    }
    out.other.set(row, bits);
  };
}

/** One element that is no value makes the whole row bad: an array with a hole would be taken for a shorter one. */
function arrayDecoder(read: Reader, count: number, elementBytes: number): RowDecoder {
  return (view, at, out, row) => {
    const values = new Array<Scalar>(count);
    for (let i = 0; i < count; i += 1) {
      const value = read(view, at + i * elementBytes, elementBytes);
      if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) {
        put(out, row, value);
        return;
      }
      values[i] = value;
    }
    out.other.set(row, values);
  };
}

/** A number where doubles are exact, else decimal text: JSON would round it. */
function whole(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

const inUtc = (text: string | undefined): string | undefined => (text === undefined ? undefined : `${text}Z`);

/** S7 texts are bytes of ISO 8859-1, one a character (as nodes7 and STEP 7 read them). */
const latin1 = (view: DataView, at: number, length: number): string =>
  Buffer.from(view.buffer, view.byteOffset + at, length).toString("latin1");

/** UTF-16, big-endian; undefined where a surrogate stands alone, for no JSON could carry it. */
function utf16(view: DataView, at: number, length: number): string | undefined {
  let text = "";
  for (let i = 0; i < length; i += 1) text += String.fromCharCode(view.getUint16(at + 2 * i));
  return text.isWellFormed() ? text : undefined;
}
