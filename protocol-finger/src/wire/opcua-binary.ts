import type { Cursor } from "./cursor.ts";

// Built-in types as OPC 10000-6, 5.2.2 lays them down: little-endian, lengths of 32 bits, -1 for null.

/** Deepest nesting of variants and diagnostics that is followed: each level costs a stack frame, and no server nests
 *  more than three. */
export const MOST_LEVELS = 16;

/** @returns undefined for null
 *  @throws WireError */
export function readBytes(cursor: Cursor, what: string): Buffer | undefined {
  const length = readLength(cursor, what);
  return length === undefined ? undefined : cursor.bytes(length, what);
}

/** UTF-8; control characters become dots, so that a server cannot write into a terminal. "" for null. */
export function readText(cursor: Cursor, what: string): string {
  const bytes = readBytes(cursor, what);
  return bytes === undefined ? "" : bytes.toString("utf8").replace(/\p{Cc}/gu, ".");
}

/** Elements one after the other; [] for null. Every element takes at least a byte, so the message bounds the list. */
export function readList<T>(cursor: Cursor, what: string, readOne: (cursor: Cursor) => T): readonly T[] {
  const length = readLength(cursor, what) ?? 0;
  if (length > cursor.left) cursor.fail(`${what} has ${length} elements and ${cursor.left} bytes are left`);
  const list: T[] = [];
  while (list.length < length) list.push(readOne(cursor));
  return list;
}

function readLength(cursor: Cursor, what: string): number | undefined {
  const length = cursor.u32le(`the length of ${what}`) | 0;
  if (length < -1) cursor.fail(`${what} has a length of ${length}`);
  return length === -1 ? undefined : length;
}

export interface UaNodeId {
  /** "ns=2;s=Line1.Temp", as OPC 10000-6, 5.3.1.10 writes it. */
  readonly text: string;
  /** As the server encoded it. */
  readonly bytes: Buffer;
}

const HAS_NAMESPACE_URI = 0x80;
const HAS_SERVER_INDEX = 0x40;

/** A NodeId or ExpandedNodeId. */
export function readNodeId(cursor: Cursor): UaNodeId {
  // The view that the cursor reads from is not ours to know: collect what was consumed.
  const parts: Buffer[] = [];
  const take = (count: number, what: string): Buffer => {
    const bytes = cursor.bytes(count, what);
    parts.push(bytes);
    return bytes;
  };
  const encoding = take(1, "the kind of a node id").readUInt8(0);
  const text = readIdentifier(cursor, encoding & 0x3f, take);
  const uri = (encoding & HAS_NAMESPACE_URI) === 0 ? "" : `nsu=${takeText(take)};`;
  if ((encoding & HAS_SERVER_INDEX) !== 0) take(4, "the server index");
  return { text: `${uri}${text}`, bytes: Buffer.concat(parts) };
}

type Take = (count: number, what: string) => Buffer;

function readIdentifier(cursor: Cursor, kind: number, take: Take): string {
  switch (kind) {
    case 0:
      return `i=${take(1, "a node id").readUInt8(0)}`;
    case 1: {
      const bytes = take(3, "a node id");
      return `${namespace(bytes.readUInt8(0))}i=${bytes.readUInt16LE(1)}`;
    }
    case 2: {
      const bytes = take(6, "a node id");
      return `${namespace(bytes.readUInt16LE(0))}i=${bytes.readUInt32LE(2)}`;
    }
    case 3:
      return `${namespace(take(2, "a namespace").readUInt16LE(0))}s=${takeText(take)}`;
    case 4:
      return `${namespace(take(2, "a namespace").readUInt16LE(0))}g=${guidText(take(16, "a GUID"))}`;
    case 5:
      return `${namespace(take(2, "a namespace").readUInt16LE(0))}b=${takeOpaque(take).toString("base64")}`;
    default:
      return cursor.fail(`there is no kind ${kind} of node id`);
  }
}

const namespace = (index: number): string => (index === 0 ? "" : `ns=${index};`);

function takeOpaque(take: Take): Buffer {
  const length = take(4, "the length of an identifier").readInt32LE(0);
  return length === -1 ? Buffer.alloc(0) : take(length, "an identifier");
}

const takeText = (take: Take): string =>
  takeOpaque(take)
    .toString("utf8")
    .replace(/\p{Cc}/gu, ".");

export function guidText(bytes: Buffer): string {
  const first = [bytes.readUInt32LE(0), bytes.readUInt16LE(4), bytes.readUInt16LE(6)];
  const head = first.map((part, at) => part.toString(16).padStart(at === 0 ? 8 : 4, "0")).join("-");
  return `${head}-${bytes.toString("hex", 8, 10)}-${bytes.toString("hex", 10, 16)}`;
}

const HAS_LOCALE = 0x01;
const HAS_TEXT = 0x02;

/** A LocalizedText: its text alone. */
export function readLocalizedText(cursor: Cursor): string {
  const mask = cursor.u8("the parts of a text");
  if ((mask & HAS_LOCALE) !== 0) readText(cursor, "a locale");
  return (mask & HAS_TEXT) === 0 ? "" : readText(cursor, "a text");
}

const HAS_BODY = [0x01, 0x02];

/** An ExtensionObject: the id of its encoding; its body is passed over. */
export function skipExtensionObject(cursor: Cursor): void {
  readNodeId(cursor);
  if (HAS_BODY.includes(cursor.u8("the kind of a structure"))) readBytes(cursor, "a structure");
}

// Bits of the mask of a DiagnosticInfo, and what each stands for (OPC 10000-6, 5.2.2.12).
const INDEXES = [0x01, 0x02, 0x04, 0x08];
const HAS_ADDITIONAL_INFO = 0x10;
const HAS_INNER_STATUS = 0x20;
const HAS_INNER_INFO = 0x40;

export function skipDiagnosticInfo(cursor: Cursor, level = 0): void {
  if (level > MOST_LEVELS) cursor.fail(`diagnostics are nested more than ${MOST_LEVELS} deep`);
  const mask = cursor.u8("the parts of a diagnosis");
  for (const bit of INDEXES) {
    if ((mask & bit) !== 0) cursor.skip(4, "an index of a diagnosis");
  }
  if ((mask & HAS_ADDITIONAL_INFO) !== 0) readText(cursor, "a diagnosis");
  if ((mask & HAS_INNER_STATUS) !== 0) cursor.skip(4, "the status of a diagnosis");
  if ((mask & HAS_INNER_INFO) !== 0) skipDiagnosticInfo(cursor, level + 1);
}

// 100 ns since 1601 (OPC 10000-6, 5.2.2.5).
const TICKS_A_US = 10n;
const UNIX_EPOCH_US = 11_644_473_600_000_000n;

/** Microseconds since 1970, or undefined for "no time". */
export function readTimeUs(cursor: Cursor, what: string): number | undefined {
  const ticks = cursor.bytes(8, what).readBigInt64LE(0);
  return ticks <= 0n ? undefined : Number(ticks / TICKS_A_US - UNIX_EPOCH_US);
}

/** Ticks for the wire; 0 for undefined. */
export function timeTicks(us: number | undefined): bigint {
  return us === undefined ? 0n : (BigInt(Math.round(us)) + UNIX_EPOCH_US) * TICKS_A_US;
}
