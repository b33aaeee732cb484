import { FingerError } from "../../finger-error.ts";
import type { ModbusProfile } from "../../profile-types.ts";
import { isBitTable, type ModbusTable } from "../../wire/modbus-pdu.ts";

/** Registers that one value takes. */
const REGISTERS = {
  BOOL: 1,
  INT16: 1,
  UINT16: 1,
  INT32: 2,
  UINT32: 2,
  INT64: 4,
  UINT64: 4,
  FLOAT32: 2,
  FLOAT64: 4,
} as const;

export type ModbusType = keyof typeof REGISTERS;
export type WordOrder = ModbusProfile["wordOrder"];

/** One value, or an array of them, in a table of a Modbus device. */
export interface ModbusAddress {
  readonly table: ModbusTable;
  /** Zero-based, as it goes over the wire. */
  readonly start: number;
  /** Of a register, 0 the lowest; absent where whole registers or single bits are meant. */
  readonly bit?: number;
  readonly type: ModbusType;
  /** Absent where it is one value and no array. */
  readonly count?: number;
  readonly order: WordOrder;
  /** Registers or bits that all of it takes. */
  readonly length: number;
}

const TABLES: Readonly<Record<string, ModbusTable>> = {
  coil: "coil",
  di: "discrete",
  ir: "input",
  hr: "holding",
};

// The leading digit of a classic reference (Modicon Modbus Protocol Reference Guide PI-MBUS-300, chapter 1).
const CLASSIC: Readonly<Record<string, ModbusTable>> = { 0: "coil", 1: "discrete", 3: "input", 4: "holding" };

const PATTERN =
  /^(?:(?<table>coil|di|ir|hr):(?<number>\d{1,5})|(?<digit>[0134])(?<reference>\d{4,5}))(?:\.(?<bit>\d{1,2}))?(?:,(?<type>[A-Z]+\d*))?(?:\[(?<count>\d{1,3})\])?(?:@(?<order>ABCD|CDAB|BADC|DCBA))?$/i;

const LAST = 65_535;
const MOST_ELEMENTS = 125;

export const looksLikeModbus = (text: string): boolean => PATTERN.test(text);

/** "hr:100", "hr:100,FLOAT32@CDAB", "hr:5.3", "40101", "coil:0[8]": as in the agent's configuration.
 *  @param profile what the first register is called, and the order of words where the address names none
 *  @throws FingerError ADDRESS_INVALID */
export function parseModbusAddress(
  text: string,
  { addressBase, wordOrder }: Pick<ModbusProfile, "addressBase" | "wordOrder">,
): ModbusAddress {
  const parts = PATTERN.exec(text)?.groups;
  if (parts === undefined) throw invalid(text, 'write "hr:0", "ir:7,FLOAT32", "hr:5.3", "coil:0" or "40001"');
  const table = TABLES[parts["table"]?.toLowerCase() ?? ""] ?? CLASSIC[parts["digit"] ?? ""] ?? "holding";
  const start =
    parts["table"] === undefined ? Number(parts["reference"]) - 1 : Number(parts["number"]) - addressBase;
  const isBits = isBitTable(table);
  const bit = parts["bit"] === undefined ? undefined : Number(parts["bit"]);
  const type = typeOf(text, parts["type"], isBits || bit !== undefined);
  if (bit !== undefined && (isBits || bit > 15)) throw invalid(text, "a register has the bits 0 to 15");
  const count = parts["count"] === undefined ? undefined : Number(parts["count"]);
  if (count !== undefined && (count < 1 || count > MOST_ELEMENTS || bit !== undefined)) {
    throw invalid(text, `an array has 1 to ${MOST_ELEMENTS} elements, which are no bits of a register`);
  }
  const length = REGISTERS[type] * (count ?? 1);
  if (start < 0 || start + length - 1 > LAST) throw invalid(text, "a table has 65,536 addresses");
  return {
    table,
    start,
    type,
    length,
    order: (parts["order"]?.toUpperCase() as WordOrder | undefined) ?? wordOrder,
    ...(bit !== undefined && { bit }),
    ...(count !== undefined && { count }),
  };
}

function typeOf(text: string, name: string | undefined, isBit: boolean): ModbusType {
  const type = name === undefined ? (isBit ? "BOOL" : "UINT16") : name.toUpperCase();
  if (!Object.hasOwn(REGISTERS, type)) throw invalid(text, `types are ${Object.keys(REGISTERS).join(" ")}`);
  if ((type === "BOOL") !== isBit) {
    throw invalid(text, isBit ? "a bit is a BOOL" : 'which bit of the register? Write "hr:5.3"');
  }
  return type as ModbusType;
}

const invalid = (text: string, mend: string): FingerError =>
  new FingerError("ADDRESS_INVALID", `"${text}" is no Modbus address: ${mend}`);
