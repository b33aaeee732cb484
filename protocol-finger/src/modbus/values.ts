import { type ByteOrder, isBitTable, type ModbusAddress, type NumberType, type WordOrder } from "./types.ts";

/** What one element of an address holds. 64-bit integers beyond 2^53 are decimal text: JSON would round them. */
export type ModbusScalar = number | boolean | string;

/** Reads one element of an answer's data, which must hold it.
 *  @param at where it begins: in bytes, or in bits for coils and inputs
 *  @returns undefined where the bytes are no value of the type; NaN or an infinity where a FLOAT holds one */
export type ModbusReader = (view: DataView, at: number) => ModbusScalar | undefined;

/** @param order of an address that names none, for values of more than one register */
export function createModbusReader(address: ModbusAddress, order: WordOrder): ModbusReader {
  const { bit, chars, table, type } = address;
  if (isBitTable(table)) return bitAt;
  if (type === "BOOL") return registerBit(bit ?? 0);
  const isSwapped = address.order === "BA";
  if (type === "STRING") return (view, at) => text(view, at, chars, isSwapped);
  return numberReader(type, address.order ?? order);
}

/** A bit of a coil or input answer: the first in the lowest bit of the first byte (V1.1b3, 6.1). */
const bitAt = (view: DataView, at: number): boolean => ((view.getUint8(at >> 3) >> (at & 7)) & 1) === 1;

function registerBit(bit: number): ModbusReader {
  return (view, at) => ((view.getUint16(at) >> bit) & 1) === 1;
}

function numberReader(type: NumberType, order: WordOrder | ByteOrder): ModbusReader {
  switch (type) {
    // The protocol itself is big-endian: only the address turns the bytes of one register.
    case "INT16":
      return order === "BA" ? (view, at) => view.getInt16(at, true) : (view, at) => view.getInt16(at);
    case "UINT16":
      return order === "BA" ? (view, at) => view.getUint16(at, true) : (view, at) => view.getUint16(at);
    case "BCD16":
      return order === "BA"
        ? (view, at) => fromBcd(view.getUint16(at, true), 4)
        : (view, at) => fromBcd(view.getUint16(at), 4);
    case "INT32":
      return ordered(order, 2, (view, at, little) => view.getInt32(at, little));
    case "UINT32":
      return ordered(order, 2, (view, at, little) => view.getUint32(at, little));
    case "BCD32":
      return ordered(order, 2, (view, at, little) => fromBcd(view.getUint32(at, little), 8));
    case "FLOAT32":
      return ordered(order, 2, (view, at, little) => view.getFloat32(at, little));
    case "FLOAT64":
      return ordered(order, 4, (view, at, little) => view.getFloat64(at, little));
    case "INT64":
      return ordered(order, 4, (view, at, little) => whole(view.getBigInt64(at, little)));
    case "UINT64":
      return ordered(order, 4, (view, at, little) => whole(view.getBigUint64(at, little)));
  }
}

/** Undefined where a nibble is no digit. */
function fromBcd(packed: number, digits: number): number | undefined {
  let value = 0;
  for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    const digit = (packed >>> shift) & 0xf;
    if (digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** A number where doubles are exact, else decimal text. */
function whole(exact: bigint): number | string {
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact.toString();
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
