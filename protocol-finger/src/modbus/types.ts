/** The four tables of the Modbus data model (Modbus Application Protocol V1.1b3, 4.3). */
export const TABLES = ["coil", "di", "ir", "hr"] as const;
export type Table = (typeof TABLES)[number];

/** Function codes that read a table: V1.1b3, 6.1 to 6.4. */
export const READ_FUNCTION: Readonly<Record<Table, number>> = { coil: 1, di: 2, hr: 3, ir: 4 };

export const isBitTable = (table: Table): boolean => table === "coil" || table === "di";

/** Registers that one value takes; a STRING takes one for two characters. */
export const REGISTERS = {
  BOOL: 1,
  INT16: 1,
  UINT16: 1,
  INT32: 2,
  UINT32: 2,
  INT64: 4,
  UINT64: 4,
  FLOAT32: 2,
  FLOAT64: 4,
  BCD16: 1,
  BCD32: 2,
} as const;

export type NumberType = Exclude<keyof typeof REGISTERS, "BOOL">;
export type ModbusType = keyof typeof REGISTERS | "STRING";

/** Order of the bytes of a 32-bit value in two registers; of a 64-bit value, the same pattern over four. */
export const WORD_ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"] as const;
export type WordOrder = (typeof WORD_ORDERS)[number];
/** Order of the two bytes in one register: 16-bit values and strings. */
export const BYTE_ORDERS = ["AB", "BA"] as const;
export type ByteOrder = (typeof BYTE_ORDERS)[number];

/** A parsed address. */
export interface ModbusAddress {
  readonly table: Table;
  /** Zero-based, as it goes over the wire. */
  readonly start: number;
  /** Bit of a register, 0 the lowest. */
  readonly bit: number | undefined;
  readonly type: ModbusType;
  /** Characters of a STRING, 0 for all else. */
  readonly chars: number;
  /** Elements of an array, undefined for a single value. */
  readonly count: number | undefined;
  readonly order: WordOrder | ByteOrder | undefined;
  readonly unit: number | undefined;
}

/** Registers (or bits, in a bit table) that one element takes. */
export function elementWidth(address: Pick<ModbusAddress, "chars" | "type">): number {
  return address.type === "STRING" ? Math.ceil(address.chars / 2) : REGISTERS[address.type];
}
