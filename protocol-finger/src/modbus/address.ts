import type { AddressProblem } from "../s7/problem.ts";
import { type Place, scanPlace } from "./place.ts";
import { createScanner, type Scanner } from "./scanner.ts";
import {
  BYTE_ORDERS,
  type ByteOrder,
  elementWidth,
  isBitTable,
  type ModbusAddress,
  type ModbusType,
  REGISTERS,
  WORD_ORDERS,
  type WordOrder,
} from "./types.ts";

export type AddressBase = 0 | 1;
export type ParsedAddress =
  | { readonly ok: true; readonly address: ModbusAddress }
  | { readonly ok: false; readonly problem: AddressProblem };

/** 65,536 addresses in each table: Modbus Application Protocol V1.1b3, 4.4. */
const TABLE_SIZE = 65_536;
/** What one answer can hold (125 registers), so that a text need not be torn between two. */
const MOST_CHARS = 250;
const MOST_UNIT = 255;

/** What other systems call it, and what it is called here. */
const HINTS: Readonly<Record<string, ModbusType>> = {
  REAL: "FLOAT32",
  REAL32: "FLOAT32",
  FLOAT: "FLOAT32",
  LREAL: "FLOAT64",
  REAL64: "FLOAT64",
  DOUBLE: "FLOAT64",
  INT: "INT16",
  WORD: "UINT16",
  UINT: "UINT16",
  DINT: "INT32",
  DWORD: "UINT32",
  UDINT: "UINT32",
  LINT: "INT64",
  ULINT: "UINT64",
  LWORD: "UINT64",
  BIT: "BOOL",
  BCD: "BCD16",
};

/** Read an address as the operator wrote it; README.md has the notation.
 *  @param base what the first register is called in `hr:0`-like addresses; classic references are always 1-based */
export function parseAddress(text: string, base: AddressBase): ParsedAddress {
  const scanner = createScanner(text);
  const address = scanAddress(scanner, base);
  const problem = scanner.problem;
  return problem === undefined ? { ok: true, address } : { ok: false, problem };
}

/** The whole grammar; the scanner keeps the first problem and the rest is scanned for nothing. */
function scanAddress(scanner: Scanner, base: AddressBase): ModbusAddress {
  const place = scanPlace(scanner, base);
  const typeAt = scanner.at + 1;
  const typed = scanner.take(/,/y) === undefined ? defaultType(place) : scanType(scanner);
  const mismatch = typeMismatch(place, typed.type, base);
  if (mismatch !== undefined) scanner.fail(mismatch, typeAt);
  const countAt = scanner.at;
  const count = scanCount(scanner, place);
  const order = scanOrder(scanner, typed.type);
  const unit = scanUnit(scanner);
  if (!scanner.atEnd) scanner.fail("expected the end; the order is PLACE,TYPE[COUNT]@ORDER#unit=N");
  const address = { ...place, ...typed, count, order, unit };
  const end = place.start + elementWidth(address) * (count ?? 1);
  if (end > TABLE_SIZE) {
    scanner.fail(`it would end at ${end - 1 + base}; the last address is ${TABLE_SIZE - 1 + base}`, countAt);
  }
  return address;
}

type Typed = Pick<ModbusAddress, "chars" | "type">;

const defaultType = (place: Place): Typed => ({
  type: isBitTable(place.table) || place.bit !== undefined ? "BOOL" : "UINT16",
  chars: 0,
});

function scanType(scanner: Scanner): Typed {
  const from = scanner.at;
  const name = scanner.take(/[A-Za-z]+[0-9]*/y)?.toUpperCase();
  if (name === "STRING") {
    scanner.expect(/\(/y, "the length, as in STRING(16)");
    const chars = scanner.number(`a length of 1 to ${MOST_CHARS} characters`, 1, MOST_CHARS);
    scanner.expect(/\)/y, ")");
    return { type: "STRING", chars: chars ?? 1 };
  }
  if (name !== undefined && isPlainType(name)) return { type: name, chars: 0 };
  const hint = HINTS[name ?? ""];
  const known = `known types are ${Object.keys(REGISTERS).join(" ")} STRING(n)`;
  if (name === undefined) scanner.fail(`expected a type; ${known}`, from);
  else scanner.fail(`unknown type ${name}; ${hint === undefined ? known : `write ${hint}`}`, from);
  return { type: "UINT16", chars: 0 };
}

const isPlainType = (name: string): name is keyof typeof REGISTERS => Object.hasOwn(REGISTERS, name);

function typeMismatch(place: Place, type: ModbusType, base: AddressBase): string | undefined {
  if (isBitTable(place.table)) return type === "BOOL" ? undefined : `a ${place.table} is a BOOL`;
  if (place.bit !== undefined) return type === "BOOL" ? undefined : "a single bit is a BOOL";
  return type === "BOOL"
    ? `which bit of the register? write ${place.table}:${place.start + base}.0`
    : undefined;
}

function scanCount(scanner: Scanner, place: Place): number | undefined {
  const from = scanner.at;
  if (scanner.take(/\[/y) === undefined) return undefined;
  if (place.bit !== undefined) scanner.fail("bits of a register make no array; read it as UINT16", from);
  const count = scanner.number(`a count of 1 to ${TABLE_SIZE}`, 1, TABLE_SIZE);
  scanner.expect(/\]/y, "]");
  return count;
}

function scanOrder(scanner: Scanner, type: ModbusType): WordOrder | ByteOrder | undefined {
  const from = scanner.at;
  if (scanner.take(/@/y) === undefined) return undefined;
  const known = ordersOf(type);
  const name = scanner.take(/[A-Za-z]+/y)?.toUpperCase();
  const order = known.find((candidate) => candidate === name);
  if (known.length === 0) scanner.fail("a BOOL has no byte order", from);
  else if (order === undefined) scanner.fail(`expected ${known.join(" or ")} for ${type}`, from + 1);
  return order;
}

function ordersOf(type: ModbusType): readonly (WordOrder | ByteOrder)[] {
  if (type === "BOOL") return [];
  return type === "STRING" || REGISTERS[type] === 1 ? BYTE_ORDERS : WORD_ORDERS;
}

function scanUnit(scanner: Scanner): number | undefined {
  if (scanner.take(/#/y) === undefined) return undefined;
  scanner.expect(/unit=/y, "unit=N");
  return scanner.number(`a unit of 0 to ${MOST_UNIT}`, 0, MOST_UNIT);
}

/** The address in the notation that {@link parseAddress} reads. */
export function formatAddress(address: ModbusAddress, base: AddressBase): string {
  const { bit, chars, count, order, table, type, unit } = address;
  return [
    `${table}:${address.start + base}`,
    bit === undefined ? "" : `.${bit}`,
    type === "STRING" ? `,STRING(${chars})` : `,${type}`,
    count === undefined ? "" : `[${count}]`,
    order === undefined ? "" : `@${order}`,
    unit === undefined ? "" : `#unit=${unit}`,
  ].join("");
}
