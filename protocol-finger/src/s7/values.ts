import type { S7Address } from "./address.ts";
import { counterValue, s5TimeMs, signedBcd } from "./bcd.ts";
import { dateAndTimeText, dateText, dtlText, ldtText, timeOfDayMs } from "./date-time.ts";
import type { S7Type } from "./types.ts";

/** What one element of an address holds. 64-bit integers beyond 2^53 are decimal text: JSON would round them. */
export type S7Scalar = number | boolean | string;

/** Reads the value whose bytes begin at `at`, which `view` must hold.
 *  @returns undefined where the bytes are no value of the type; NaN or an infinity where a REAL or LREAL holds one, for
 *  a whole array too: an array with a hole would be taken for a shorter one */
export type S7Decoder = (view: DataView, at: number) => S7Scalar | readonly S7Scalar[] | undefined;

type Reader = (view: DataView, at: number) => S7Scalar | undefined;

/** Everything in an S7 is big-endian, as DataView reads it. BOOL is read by its bit, texts by their lengths: below. */
const READERS: Readonly<Record<Exclude<S7Type, "BOOL" | "STRING" | "WSTRING">, Reader>> = {
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
};

/** The value of `address` whose bytes begin at `at`; see S7Decoder. Undefined too where `view` does not hold them all.
 *  For one value now and then; who decodes the same address again and again keeps its decoder. */
export function decodeS7Value(
  address: S7Address,
  view: DataView,
  at: number,
): S7Scalar | readonly S7Scalar[] | undefined {
  return at + address.byteLength > view.byteLength ? undefined : createS7Decoder(address)(view, at);
}

export function createS7Decoder(address: S7Address): S7Decoder {
  const { type, bit, count, elementBytes, isArray } = address;
  if (type === "BOOL") return isArray ? bitArrayDecoder(bit, count) : bitDecoder(bit);
  const read = readerOf(type, elementBytes);
  if (!isArray) return read;
  if (type === "CHAR") return (view, at) => latin1(view, at, count);
  if (type === "WCHAR") return (view, at) => utf16(view, at, count);
  return arrayDecoder(read, count, elementBytes);
}

function readerOf(type: Exclude<S7Type, "BOOL">, fieldBytes: number): Reader {
  if (type === "STRING") return textReader(fieldBytes);
  if (type === "WSTRING") return wideTextReader(fieldBytes);
  return READERS[type];
}

/** STRING: greatest length, length, characters. */
function textReader(fieldBytes: number): Reader {
  return (view, at) => {
    const length = view.getUint8(at + 1);
    return length > fieldBytes - 2 ? undefined : latin1(view, at + 2, length);
  };
}

function wideTextReader(fieldBytes: number): Reader {
  return (view, at) => {
    const length = view.getUint16(at + 2);
    return 2 * length > fieldBytes - 4 ? undefined : utf16(view, at + 4, length);
  };
}

function bitDecoder(bit: number): S7Decoder {
  const mask = 1 << bit;
  return (view, at) => (view.getUint8(at) & mask) !== 0;
}

function bitArrayDecoder(firstBit: number, count: number): S7Decoder {
  return (view, at) => {
    const bits = new Array<boolean>(count);
    for (let i = 0; i < count; i += 1) {
      const bit = firstBit + i;
      bits[i] = ((view.getUint8(at + (bit >>> 3)) >>> (bit & 7)) & 1) === 1;
    }
    return bits;
  };
}

function arrayDecoder(read: Reader, count: number, elementBytes: number): S7Decoder {
  return (view, at) => {
    const values = new Array<S7Scalar>(count);
    for (let i = 0; i < count; i += 1) {
      const value = read(view, at + i * elementBytes);
      if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) return value;
      values[i] = value;
    }
    return values;
  };
}

/** A number where doubles are exact, else decimal text. */
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
