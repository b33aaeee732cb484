import { StatusCode } from "../../core/quality.ts";
import type { Scalar } from "../../core/reading.ts";
import type { ByteOrder, ModbusAddress, NumberType, WordOrder } from "./types.ts";

/** How one element is read out of an answer. */
export interface Codec {
  /** @param at offset of the element: in bytes, or in bits for coils and inputs
   *  @returns a number that is not finite where the bytes are no value */
  readonly read: (view: DataView, at: number) => Scalar;
  /** The status of an element that is no value. */
  readonly fault: number;
}

type NumberReader = (view: DataView, at: number) => number;

/** A bit of a coil or input answer: the first in the lowest bit of the first byte (V1.1b3, 6.1). */
export const bitCodec: Codec = {
  read: (view, at) => ((view.getUint8(at >> 3) >> (at & 7)) & 1) === 1,
  fault: StatusCode.BadDataEncodingInvalid,
};

/** @param order of an address that names none, for values of more than one register */
export function codecOf(address: ModbusAddress, order: WordOrder): Codec {
  const { bit, chars, type } = address;
  if (type === "BOOL") return registerBit(bit ?? 0);
  const isSwapped = address.order === "BA";
  if (type === "STRING") {
    return { read: (view, at) => text(view, at, chars, isSwapped), fault: StatusCode.BadDataEncodingInvalid };
  }
  return numberCodec(type, address.order ?? order);
}

const registerBit = (bit: number): Codec => ({
  read: (view, at) => ((view.getUint16(at) >> bit) & 1) === 1,
  fault: StatusCode.BadDataEncodingInvalid,
});

function numberCodec(type: NumberType, order: WordOrder | ByteOrder): Codec {
  switch (type) {
    // The protocol itself is big-endian: only the address turns the bytes of one register.
    case "INT16":
      return whole(order === "BA" ? (view, at) => view.getInt16(at, true) : (view, at) => view.getInt16(at));
    case "UINT16":
      return whole(
        order === "BA" ? (view, at) => view.getUint16(at, true) : (view, at) => view.getUint16(at),
      );
    case "BCD16":
      return bcd(
        order === "BA" ? (view, at) => view.getUint16(at, true) : (view, at) => view.getUint16(at),
        4,
      );
    case "INT32":
      return whole(ordered(order, 2, (view, at, little) => view.getInt32(at, little)));
    case "UINT32":
      return whole(ordered(order, 2, (view, at, little) => view.getUint32(at, little)));
    case "BCD32":
      return bcd(
        ordered(order, 2, (view, at, little) => view.getUint32(at, little)),
        8,
      );
    case "FLOAT32":
      return float(ordered(order, 2, (view, at, little) => view.getFloat32(at, little)));
    case "FLOAT64":
      return float(ordered(order, 4, (view, at, little) => view.getFloat64(at, little)));
    case "INT64":
      return long(ordered(order, 4, (view, at, little) => view.getBigInt64(at, little)));
    case "UINT64":
      return long(ordered(order, 4, (view, at, little) => view.getBigUint64(at, little)));
  }
}

const whole = (read: NumberReader): Codec => ({ read, fault: StatusCode.BadDataEncodingInvalid });
const float = (read: NumberReader): Codec => ({ read, fault: StatusCode.BadOutOfRange });

function bcd(read: NumberReader, digits: number): Codec {
  return {
    read: (view, at) => fromBcd(read(view, at), digits),
    fault: StatusCode.BadDataEncodingInvalid,
  };
}

/** NaN where a nibble is no digit. */
function fromBcd(packed: number, digits: number): number {
  let value = 0;
  for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    const digit = (packed >>> shift) & 0xf;
    if (digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Beyond 2^53 a double would round: the decimal digits go on as text. */
function long(read: (view: DataView, at: number) => bigint): Codec {
  return {
    read: (view, at) => {
      const exact = read(view, at);
      const value = Number(exact);
      return Number.isSafeInteger(value) ? value : exact.toString();
    },
    fault: StatusCode.BadDataEncodingInvalid,
  };
}

/** Reads a value whose registers or bytes stand in another order than the DataView knows. */
function ordered<T>(
  order: WordOrder | ByteOrder,
  registers: 2 | 4,
  get: (view: DataView, at: number, little: boolean) => T,
): (view: DataView, at: number) => T {
  if (order === "ABCD") return (view, at) => get(view, at, false);
  if (order === "DCBA") return (view, at) => get(view, at, true);
  // CDAB: the last register first. BADC: the bytes of each register turned.
  const isReversed = order === "CDAB";
  const scratch = new DataView(new ArrayBuffer(registers * 2));
  return (view, at) => {
    for (let i = 0; i < registers; i += 1) {
      const to = isReversed ? registers - 1 - i : i;
      scratch.setUint16(to * 2, view.getUint16(at + i * 2), !isReversed);
    }
    return get(scratch, 0, false);
  };
}

/** Two characters a register, the first in the high byte; a NUL ends the text. ISO 8859-1: no byte is invalid. */
function text(view: DataView, at: number, chars: number, isSwapped: boolean): string {
  let out = "";
  for (let i = 0; i < chars; i += 1) {
    const code = view.getUint8(at + (isSwapped ? i ^ 1 : i));
    if (code === 0) break;
    out += String.fromCharCode(code);
  }
  return out;
}
