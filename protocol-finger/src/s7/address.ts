import type { AddressProblem } from "./problem.ts";
import { S7_TYPE_BYTES, type S7Type, typeNameAt } from "./types.ts";

/** Data block, bit memory, process image of inputs and outputs, peripheral, timers, counters. */
export type S7Area = "DB" | "M" | "I" | "Q" | "P" | "T" | "C";

/** One variable, or an array of them, in the memory of a controller. */
export interface S7Address {
  readonly area: S7Area;
  /** Number of the data block; 0 in other areas. */
  readonly db: number;
  /** First byte; in the areas T and C twice the number of the timer or counter. */
  readonly start: number;
  /** 0..7; of the first element where the type is BOOL, else 0. */
  readonly bit: number;
  readonly type: S7Type;
  readonly isArray: boolean;
  /** Elements: 1 unless an array. */
  readonly count: number;
  /** Bytes of one element (the whole field of a text); 1 for BOOL, whose elements are bits. */
  readonly elementBytes: number;
  readonly byteLength: number;
}

export type ParsedAddress = { readonly address: S7Address } | { readonly problem: AddressProblem };

/** Read an address in nodes7's notation (DB1,REAL0) or in the classic one (DB1.DBD0:REAL, MW10). */
export function parseS7Address(text: string): ParsedAddress {
  try {
    return { address: parseArea({ text, at: text.startsWith("%") ? 1 : 0 }) };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { problem: { at: thrown.at, message: thrown.message } };
    throw thrown;
  }
}

// Addresses in a request are 24 bits wide and count bits (S7-Any pointer), so the last byte is 2^21 - 1.
const MOST_BYTES = 2 ** 21;
const MOST_DB = 65_535;
// The length bytes of S7 texts: one byte, of which 255 is not used, and one word (STEP 7 help, "STRING", "WSTRING").
const MOST_CHARACTERS = { STRING: 254, WSTRING: 16_382 } as const;

class Refusal extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

interface Cursor {
  readonly text: string;
  at: number;
}

interface Place {
  readonly area: S7Area;
  readonly db: number;
}

function parseArea(cursor: Cursor): S7Address {
  if (takes(cursor, /^DB(?=\d)/i)) return parseDataBlock(cursor);
  if (takes(cursor, /^[TCZ](?=\d)/i)) return parseTimerOrCounter(cursor);
  if (takes(cursor, /^P[IEQA]/i)) return parseMemory(cursor, "P");
  if (takes(cursor, /^[IE]/i)) return parseMemory(cursor, "I");
  if (takes(cursor, /^[QA]/i)) return parseMemory(cursor, "Q");
  if (takes(cursor, /^M/i)) return parseMemory(cursor, "M");
  throw new Refusal(
    cursor.at,
    "an address begins with DB and a number, or with M, I (E), Q (A), PI, PQ, T or C (Z): DB1,REAL0  MW10  I0.3",
  );
}

function parseDataBlock(cursor: Cursor): S7Address {
  const at = cursor.at;
  const db = takeNumber(cursor, MOST_DB, "the number of the data block");
  if (db === 0) throw new Refusal(at, "data blocks are numbered from 1");
  const place: Place = { area: "DB", db };
  if (takes(cursor, /^,/)) return parseTyped(cursor, place);
  if (takes(cursor, /^\.DB/i)) return parseSized(cursor, place);
  throw new Refusal(
    cursor.at,
    `write a comma and the type, or .DBX .DBB .DBW .DBD: DB${db},REAL0  DB${db}.DBW4`,
  );
}

function parseTimerOrCounter(cursor: Cursor): S7Address {
  const isTimer = cursor.text.charAt(cursor.at - 1).toUpperCase() === "T";
  const at = cursor.at;
  const number = takeNumber(
    cursor,
    MOST_DB,
    isTimer ? "the number of the timer" : "the number of the counter",
  );
  const place: Place = { area: isTimer ? "T" : "C", db: 0 };
  return finish(cursor, place, { at, byte: 2 * number }, isTimer ? "S5TIME" : "COUNTER");
}

/** After the letter of the area: M0.3 is a bit, MB MW MD a size, MREAL a type. */
function parseMemory(cursor: Cursor, area: S7Area): S7Address {
  const place: Place = { area, db: 0 };
  if (/^\d/.test(rest(cursor))) return finish(cursor, place, takeStart(cursor), "BOOL");
  if (/^[XBWD]\d/i.test(rest(cursor))) return parseSized(cursor, place);
  return parseTyped(cursor, place);
}

/** nodes7: the type, then the first byte. */
function parseTyped(cursor: Cursor, place: Place): S7Address {
  const named = typeNameAt(cursor.text, cursor.at, false);
  if (named === undefined) throw unknownType(cursor, "and the number of its first byte");
  cursor.at += named.nameLength;
  return finish(cursor, place, takeStart(cursor), named.type);
}

const SIZES = {
  X: { bytes: 0, type: "BOOL" },
  B: { bytes: 1, type: "BYTE" },
  W: { bytes: 2, type: "WORD" },
  D: { bytes: 4, type: "DWORD" },
} as const satisfies Record<string, { bytes: number; type: S7Type }>;

/** Classic: a letter for the size, then the first byte, then the type where the size does not say it. */
function parseSized(cursor: Cursor, place: Place): S7Address {
  const letter = rest(cursor).charAt(0).toUpperCase();
  if (letter !== "X" && letter !== "B" && letter !== "W" && letter !== "D") {
    throw new Refusal(cursor.at, "the size is X (bit), B (byte), W (2 bytes) or D (4 bytes): DB1.DBW4");
  }
  cursor.at += 1;
  const start = takeStart(cursor);
  const bit = letter === "X" ? takeBit(cursor) : undefined;
  if (!takes(cursor, /^:/)) return finish(cursor, place, start, SIZES[letter].type, bit);
  const named = typeNameAt(cursor.text, cursor.at, true);
  if (named === undefined) throw unknownType(cursor, "after the colon");
  refuseOtherSize(cursor.at, named.type, letter);
  cursor.at += named.nameLength;
  return finish(cursor, place, start, named.type, bit);
}

/** B fits every type: the byte at which it starts is all that is needed. */
function refuseOtherSize(at: number, type: S7Type, letter: keyof typeof SIZES): void {
  const bytes = type === "BOOL" ? 0 : S7_TYPE_BYTES[type];
  if (SIZES[letter].bytes === bytes || (letter === "B" && type !== "BOOL")) return;
  const mend = type === "BOOL" ? "X" : "B";
  throw new Refusal(at, `${type} does not fit the size ${letter}: write ${mend} in its place`);
}

/** What follows the first byte: .bit of a BOOL, .length of a text, and .elements of an array. */
function finish(cursor: Cursor, place: Place, first: Start, type: S7Type, knownBit?: number): S7Address {
  const bit = type === "BOOL" ? (knownBit ?? takeBit(cursor)) : 0;
  const elementBytes = takeElementBytes(cursor, type);
  const countAt = cursor.at + 1;
  const isArray = takes(cursor, /^\./);
  const count = isArray ? takeNumber(cursor, MOST_BYTES * 8, "the number of elements") : 1;
  if (count === 0) throw new Refusal(countAt, "an array has at least one element");
  if (cursor.at < cursor.text.length) {
    throw new Refusal(cursor.at, `the address should end here, before "${rest(cursor)}"`);
  }
  const byteLength = type === "BOOL" ? Math.ceil((bit + count) / 8) : elementBytes * count;
  if (first.byte + byteLength > MOST_BYTES) {
    throw new Refusal(
      isArray ? countAt : first.at,
      `the address ends beyond byte ${MOST_BYTES - 1}, the last one`,
    );
  }
  return { ...place, start: first.byte, bit, type, isArray, count, elementBytes, byteLength };
}

function takeBit(cursor: Cursor): number {
  if (!takes(cursor, /^\./)) throw new Refusal(cursor.at, "a bit needs its number, 0 to 7: .3");
  return takeNumber(cursor, 7, "the number of the bit");
}

function takeElementBytes(cursor: Cursor, type: S7Type): number {
  if (type !== "STRING" && type !== "WSTRING") return S7_TYPE_BYTES[type];
  if (!takes(cursor, /^\./)) throw new Refusal(cursor.at, `a ${type} needs its greatest length: .20`);
  const at = cursor.at;
  const most = takeNumber(cursor, MOST_CHARACTERS[type], `the greatest length of the ${type}`);
  if (most === 0) throw new Refusal(at, `a ${type} holds at least one character`);
  return type === "STRING" ? most + 2 : 2 * most + 4;
}

interface Start {
  readonly at: number;
  readonly byte: number;
}

function takeStart(cursor: Cursor): Start {
  const at = cursor.at;
  return { at, byte: takeNumber(cursor, MOST_BYTES - 1, "the number of the first byte") };
}

function takeNumber(cursor: Cursor, most: number, what: string): number {
  const digits = /^\d+/.exec(rest(cursor))?.[0];
  if (digits === undefined) throw new Refusal(cursor.at, `${what} is missing`);
  const value = Number(digits);
  if (value > most) throw new Refusal(cursor.at, `${what} is at most ${most}`);
  cursor.at += digits.length;
  return value;
}

function takes(cursor: Cursor, pattern: RegExp): boolean {
  const match = pattern.exec(rest(cursor));
  if (match === null) return false;
  cursor.at += match[0].length;
  return true;
}

const rest = (cursor: Cursor): string => cursor.text.slice(cursor.at);

function unknownType(cursor: Cursor, where: string): Refusal {
  const found = /^\w*/.exec(rest(cursor))?.[0] ?? "";
  const what = found === "" ? "a type is missing here" : `"${found}" is no S7 type`;
  return new Refusal(
    cursor.at,
    `${what}: write BOOL, BYTE, INT, WORD, DINT, REAL, LREAL, STRING or another one ${where}`,
  );
}
