import type { FieldScalar, FieldValue } from "./field-reader.ts";
import type { ModbusAddress, ModbusType, WordOrder } from "./modbus-address.ts";

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** @param registers those of the address, as they came */
export function registerValue(address: ModbusAddress, registers: Uint16Array): FieldValue {
  const { bit, type, order, count, length } = address;
  if (bit !== undefined) return (((registers[0] ?? 0) >> bit) & 1) === 1;
  const width = length / (count ?? 1);
  const one = (i: number) => scalar(type, ordered(registers.subarray(i * width, (i + 1) * width), order));
  return count === undefined ? one(0) : Array.from({ length: count }, (_, i) => one(i));
}

/** @param bits 0 or 1 each */
export function bitValue({ count }: ModbusAddress, bits: Uint8Array): FieldValue {
  const values = [...bits].map((bit) => bit === 1);
  return count === undefined ? (values[0] ?? false) : values;
}

/** The bytes of one value, highest first, whatever order the device keeps words and bytes in. */
function ordered(registers: Uint16Array, order: WordOrder): DataView {
  const view = new DataView(new ArrayBuffer(registers.length * 2));
  const isLowFirst = order === "CDAB" || order === "DCBA";
  const isSwapped = order === "BADC" || order === "DCBA";
  for (const [i, register] of registers.entries()) {
    // One register has no order of words; its bytes stand as the standard says.
    const place = isLowFirst ? registers.length - 1 - i : i;
    view.setUint16(place * 2, register, isSwapped && registers.length > 1);
  }
  return view;
}

const READERS: Readonly<Record<Exclude<ModbusType, "BOOL">, (view: DataView) => FieldScalar>> = {
  INT16: (view) => view.getInt16(0),
  UINT16: (view) => view.getUint16(0),
  INT32: (view) => view.getInt32(0),
  UINT32: (view) => view.getUint32(0),
  INT64: (view) => whole(view.getBigInt64(0)),
  UINT64: (view) => whole(view.getBigUint64(0)),
  FLOAT32: (view) => view.getFloat32(0),
  FLOAT64: (view) => view.getFloat64(0),
};

const scalar = (type: ModbusType, view: DataView): FieldScalar =>
  type === "BOOL" ? view.getUint16(0) !== 0 : READERS[type](view);

/** Beyond 2^53 as decimal text: JSON would round it. */
function whole(value: bigint): number | string {
  return value > SAFE || value < -SAFE ? value.toString() : Number(value);
}
