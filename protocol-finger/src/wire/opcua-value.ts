import type { Cursor } from "./cursor.ts";
import {
  guidText,
  MOST_LEVELS,
  readBytes,
  readList,
  readLocalizedText,
  readNodeId,
  readText,
  readTimeUs,
  skipDiagnosticInfo,
  skipExtensionObject,
} from "./opcua-binary.ts";

/** A value as it can be written into JSON: whole numbers beyond 2^53 as text, byte strings as base64, times as
 *  RFC 3339, structures as null. */
export type UaValue = number | boolean | string | null | readonly UaValue[];

export interface UaDataValue {
  readonly value: UaValue;
  /** OPC UA status code; 0 is good. */
  readonly status: number;
  readonly sourceTimeUs?: number;
}

// Bits of the mask of a DataValue (OPC 10000-6, 5.2.2.17).
const HAS_VALUE = 0x01;
const HAS_STATUS = 0x02;
const HAS_SOURCE_TIME = 0x04;
const HAS_SERVER_TIME = 0x08;
const HAS_SOURCE_PICOSECONDS = 0x10;
const HAS_SERVER_PICOSECONDS = 0x20;

/** @throws WireError */
export function readDataValue(cursor: Cursor, level = 0): UaDataValue {
  const mask = cursor.u8("the parts of a value");
  const value = (mask & HAS_VALUE) === 0 ? null : readVariant(cursor, level);
  const status = (mask & HAS_STATUS) === 0 ? 0 : cursor.u32le("a status");
  const sourceTimeUs = (mask & HAS_SOURCE_TIME) === 0 ? undefined : readTimeUs(cursor, "a source time");
  if ((mask & HAS_SOURCE_PICOSECONDS) !== 0) cursor.skip(2, "picoseconds");
  if ((mask & HAS_SERVER_TIME) !== 0) cursor.skip(8, "a server time");
  if ((mask & HAS_SERVER_PICOSECONDS) !== 0) cursor.skip(2, "picoseconds");
  return { value, status, ...(sourceTimeUs !== undefined && { sourceTimeUs }) };
}

const IS_ARRAY = 0x80;
const HAS_DIMENSIONS = 0x40;
const NULL_TYPE = 0;

/** @throws WireError */
export function readVariant(cursor: Cursor, level = 0): UaValue {
  if (level > MOST_LEVELS) cursor.fail(`values are nested more than ${MOST_LEVELS} deep`);
  const encoding = cursor.u8("the type of a value");
  const type = encoding & 0x3f;
  if (type === NULL_TYPE) return null;
  if ((encoding & IS_ARRAY) === 0) return readScalar(cursor, type, level);
  const values = readList(cursor, "an array", (each) => readScalar(each, type, level));
  if ((encoding & HAS_DIMENSIONS) !== 0)
    readList(cursor, "the dimensions", (each) => each.u32le("a dimension"));
  return values;
}

/** By number of the built-in type (OPC 10000-6, 5.1.2). */
const SCALARS: Readonly<Record<number, (cursor: Cursor, level: number) => UaValue>> = {
  1: (cursor) => cursor.u8("a Boolean") !== 0,
  2: (cursor) => cursor.bytes(1, "an SByte").readInt8(0),
  3: (cursor) => cursor.u8("a Byte"),
  4: (cursor) => cursor.bytes(2, "an Int16").readInt16LE(0),
  5: (cursor) => cursor.u16le("a UInt16"),
  6: (cursor) => cursor.bytes(4, "an Int32").readInt32LE(0),
  7: (cursor) => cursor.u32le("a UInt32"),
  8: (cursor) => wholeNumber(cursor.bytes(8, "an Int64").readBigInt64LE(0)),
  9: (cursor) => wholeNumber(cursor.bytes(8, "a UInt64").readBigUInt64LE(0)),
  10: (cursor) => cursor.bytes(4, "a Float").readFloatLE(0),
  11: (cursor) => cursor.bytes(8, "a Double").readDoubleLE(0),
  12: (cursor) => readText(cursor, "a String"),
  13: (cursor) => timeText(readTimeUs(cursor, "a DateTime")),
  14: (cursor) => guidText(cursor.bytes(16, "a Guid")),
  15: (cursor) => readBytes(cursor, "a ByteString")?.toString("base64") ?? null,
  16: (cursor) => readText(cursor, "an XmlElement"),
  17: (cursor) => readNodeId(cursor).text,
  18: (cursor) => readNodeId(cursor).text,
  19: (cursor) => cursor.u32le("a StatusCode"),
  20: (cursor) => {
    cursor.skip(2, "a namespace");
    return readText(cursor, "a QualifiedName");
  },
  21: readLocalizedText,
  22: (cursor) => {
    skipExtensionObject(cursor);
    return null;
  },
  23: (cursor, level) => readDataValue(cursor, level + 1).value,
  24: (cursor, level) => readVariant(cursor, level + 1),
  25: (cursor) => {
    skipDiagnosticInfo(cursor);
    return null;
  },
};

function readScalar(cursor: Cursor, type: number, level: number): UaValue {
  const read = SCALARS[type];
  return read === undefined ? cursor.fail(`there is no built-in type ${type}`) : read(cursor, level);
}

function wholeNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

// The furthest that a Date can be from 1970 (ECMA-262, 21.4.1.1).
const MOST_MS = 8.64e15;

function timeText(us: number | undefined): string | null {
  return us === undefined || Math.abs(us / 1000) > MOST_MS ? null : new Date(us / 1000).toISOString();
}
