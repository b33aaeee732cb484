import { type Cursor, createCursor } from "./cursor.ts";
import { WireError } from "./wire-error.ts";

/** The four tables of the Modbus data model (Modbus Application Protocol V1.1b3, 4.3). */
export const MODBUS_TABLES = ["holding", "input", "coil", "discrete"] as const;
export type ModbusTable = (typeof MODBUS_TABLES)[number];
export type RegisterTable = "holding" | "input";
export type BitTable = "coil" | "discrete";
/** The tables that can be written. */
export type WritableTable = "holding" | "coil";

export const isBitTable = (table: ModbusTable): table is BitTable => table === "coil" || table === "discrete";

/** Registers, or bits in a bit table, that lie side by side. */
export interface ModbusRange {
  readonly table: ModbusTable;
  /** Zero-based, as it goes over the wire. */
  readonly start: number;
  readonly count: number;
}

export interface ModbusRead extends ModbusRange {
  readonly kind: "read";
}

export interface ModbusWrite extends ModbusRange {
  readonly kind: "write";
  readonly table: WritableTable;
  /** Functions 5 and 6 in place of 15 and 16; the count is 1 then. */
  readonly isSingle: boolean;
  /** As in {@link decodeModbusReply}. */
  readonly bytes: Buffer;
}

export type ModbusRequest =
  | ModbusRead
  | ModbusWrite
  /** A function that is neither read nor write of these tables: what follows it was not looked at. */
  | { readonly kind: "other"; readonly function: number };

export type ModbusReply =
  | {
      readonly kind: "data";
      /** Registers: two bytes each, the high one first. Bits: eight a byte, the first in the lowest bit; the bits
       *  beyond the last are 0. */
      readonly bytes: Buffer;
    }
  | { readonly kind: "written" }
  | { readonly kind: "exception"; readonly code: number };

const READ_FUNCTION = { coil: 1, discrete: 2, holding: 3, input: 4 } as const;
const WRITE_FUNCTION = { coil: 15, holding: 16 } as const;
const WRITE_SINGLE_FUNCTION = { coil: 5, holding: 6 } as const;
const EXCEPTION = 0x80;
const COIL_ON = 0xff00;
/** V1.1b3, 6.1 and 6.3, 6.11 and 6.12. */
export const MOST_READ_BITS = 2000;
export const MOST_READ_REGISTERS = 125;
export const MOST_WRITE_BITS = 1968;
export const MOST_WRITE_REGISTERS = 123;
const TABLE_SIZE = 65_536;

/** Bytes that `count` registers or bits of a table take. */
export const bytesOf = (table: ModbusTable, count: number): number =>
  isBitTable(table) ? Math.ceil(count / 8) : 2 * count;

/** The function code that `request` is sent under. */
export function functionOf(request: ModbusRead | ModbusWrite): number {
  if (request.kind === "read") return READ_FUNCTION[request.table];
  return (request.isSingle ? WRITE_SINGLE_FUNCTION : WRITE_FUNCTION)[request.table];
}

/** @throws RangeError where the request is beyond what the protocol allows: a bug of the caller */
export function encodeModbusRequest(request: ModbusRead | ModbusWrite): Buffer {
  const { kind, table, start, count } = request;
  if (count < 1 || count > mostOf(request) || start < 0 || start + count > TABLE_SIZE) {
    throw new RangeError(`${count} of table ${table} from ${start} on cannot be asked for`);
  }
  if (kind === "write" && request.bytes.length !== bytesOf(table, count)) {
    throw new RangeError(`${count} of table ${table} do not fill ${request.bytes.length} bytes`);
  }
  const isMultiple = kind === "write" && !request.isSingle;
  const pdu = Buffer.alloc(isMultiple ? 6 + request.bytes.length : 5);
  pdu.writeUInt8(functionOf(request), 0);
  pdu.writeUInt16BE(start, 1);
  pdu.writeUInt16BE(kind === "write" && request.isSingle ? singleValue(request) : count, 3);
  if (isMultiple) {
    pdu.writeUInt8(request.bytes.length, 5);
    pdu.set(request.bytes, 6);
  }
  return pdu;
}

/** What a client asks for. A range may reach beyond the last address: that is an exception, not a malformed PDU.
 *  @throws WireError; to answer with exception 3 (V1.1b3, section 7: "a fault in the structure of the remainder") */
export function decodeModbusRequest(pdu: Buffer): ModbusRequest {
  const cursor = createCursor(pdu);
  const code = cursor.u8("the function");
  for (const [table, read] of READ_ENTRIES) if (read === code) return takeRead(cursor, table);
  for (const table of ["coil", "holding"] as const) {
    if (code === WRITE_SINGLE_FUNCTION[table]) return takeWriteSingle(cursor, table);
    if (code === WRITE_FUNCTION[table]) return takeWrite(cursor, table);
  }
  return { kind: "other", function: code };
}

const READ_ENTRIES = Object.entries(READ_FUNCTION) as readonly (readonly [ModbusTable, number])[];

/** @param bytes what was read, as in {@link decodeModbusReply}; none for a write */
export function encodeModbusReply(request: ModbusRead | ModbusWrite, bytes: Uint8Array): Buffer {
  const code = functionOf(request);
  if (request.kind === "write") {
    const pdu = Buffer.alloc(5);
    pdu.writeUInt8(code, 0);
    pdu.writeUInt16BE(request.start, 1);
    pdu.writeUInt16BE(request.isSingle ? singleValue(request) : request.count, 3);
    return pdu;
  }
  const expected = bytesOf(request.table, request.count);
  if (bytes.length !== expected) throw new RangeError(`${bytes.length} bytes where ${expected} are due`);
  return Buffer.concat([Buffer.of(code, bytes.length), bytes]);
}

export const encodeModbusException = (functionCode: number, code: number): Buffer =>
  Buffer.of(functionCode | EXCEPTION, code);

/** Read the answer to `request`: nothing is taken that is not exactly what was asked for.
 *  @throws WireError */
export function decodeModbusReply(request: ModbusRead | ModbusWrite, pdu: Buffer): ModbusReply {
  const cursor = createCursor(pdu);
  const asked = functionOf(request);
  const code = cursor.u8("the function");
  if (code === (asked | EXCEPTION)) {
    const exception = cursor.u8("the exception code");
    refuseMore(cursor);
    return { kind: "exception", code: exception };
  }
  if (code !== asked) throw new WireError(0, `it answers function ${code} where ${asked} was asked`);
  if (request.kind === "write") {
    checkEcho(cursor, request);
    return { kind: "written" };
  }
  const expected = bytesOf(request.table, request.count);
  const announced = cursor.u8("the byte count");
  if (announced !== expected)
    throw new WireError(1, `it announces ${announced} bytes where ${expected} are due`);
  const bytes = Buffer.from(cursor.bytes(expected, "the data"));
  refuseMore(cursor);
  if (isBitTable(request.table)) clearBeyond(bytes, request.count);
  return { kind: "data", bytes };
}

/** Registers of a reply's bytes. */
export function registersOf(bytes: Buffer): Uint16Array {
  const registers = new Uint16Array(bytes.length >> 1);
  for (let i = 0; i < registers.length; i += 1) registers[i] = bytes.readUInt16BE(2 * i);
  return registers;
}

/** Bits of a reply's bytes, 0 or 1 each. */
export function bitsOf(bytes: Buffer, count: number): Uint8Array {
  const bits = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) bits[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
  return bits;
}

function takeRead(cursor: Cursor, table: ModbusTable): ModbusRead {
  const start = cursor.u16("the address");
  const count = takeCount(cursor, isBitTable(table) ? MOST_READ_BITS : MOST_READ_REGISTERS);
  refuseMore(cursor);
  return { kind: "read", table, start, count };
}

function takeWrite(cursor: Cursor, table: WritableTable): ModbusWrite {
  const start = cursor.u16("the address");
  const count = takeCount(cursor, table === "coil" ? MOST_WRITE_BITS : MOST_WRITE_REGISTERS);
  const expected = bytesOf(table, count);
  const announced = cursor.u8("the byte count");
  if (announced !== expected)
    throw new WireError(5, `it announces ${announced} bytes where ${expected} are due`);
  const bytes = Buffer.from(cursor.bytes(expected, "the data"));
  refuseMore(cursor);
  if (table === "coil") clearBeyond(bytes, count);
  return { kind: "write", table, start, count, isSingle: false, bytes };
}

function takeWriteSingle(cursor: Cursor, table: WritableTable): ModbusWrite {
  const start = cursor.u16("the address");
  const value = cursor.u16("the value");
  refuseMore(cursor);
  if (table === "coil" && value !== 0 && value !== COIL_ON) {
    throw new WireError(3, `0x${value.toString(16)} is neither on (0xff00) nor off (0)`);
  }
  const bytes = table === "coil" ? Buffer.of(value === 0 ? 0 : 1) : Buffer.of(value >> 8, value & 0xff);
  return { kind: "write", table, start, count: 1, isSingle: true, bytes };
}

function takeCount(cursor: Cursor, most: number): number {
  const count = cursor.u16("the quantity");
  if (count < 1 || count > most) throw new WireError(3, `a quantity of ${count} is outside of 1 to ${most}`);
  return count;
}

function checkEcho(cursor: Cursor, request: ModbusWrite): void {
  const start = cursor.u16("the address");
  const echoed = cursor.u16("the value or quantity");
  refuseMore(cursor);
  if (start !== request.start)
    throw new WireError(1, `it wrote at ${start} where ${request.start} was asked for`);
  const due = request.isSingle ? singleValue(request) : request.count;
  if (echoed !== due) throw new WireError(3, `it echoes ${echoed} where ${due} is due`);
}

function singleValue({ table, bytes }: ModbusWrite): number {
  if (table === "holding") return bytes.readUInt16BE(0);
  return ((bytes[0] ?? 0) & 1) === 1 ? COIL_ON : 0;
}

function mostOf({ kind, table }: ModbusRead | ModbusWrite): number {
  if (kind === "read") return isBitTable(table) ? MOST_READ_BITS : MOST_READ_REGISTERS;
  return table === "coil" ? MOST_WRITE_BITS : MOST_WRITE_REGISTERS;
}

function refuseMore(cursor: Cursor): void {
  if (cursor.left > 0) cursor.fail(`${cursor.left} bytes too many`);
}

/** Devices may leave anything in the bits that fill the last byte. */
function clearBeyond(bytes: Buffer, count: number): void {
  if ((count & 7) === 0) return;
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) & ((1 << (count & 7)) - 1);
}
