import { cText } from "./c-text.ts";
import { type Cursor, createCursor } from "./cursor.ts";

/** What an Omron controller says of itself (Omron W342, CPU UNIT DATA READ, 0501). */
export type FinsUnitData =
  | { readonly kind: "unit"; readonly model: string; readonly version: string }
  | { readonly kind: "refusal"; readonly endCode: number };

const UNIT_DATA_READ = 0x0501;
const RESPONSE = 0x40;
const TCP_HEADER_BYTES = 16;
const MAGIC = 0x4649_4e53; // "FINS"
const NODE_AT = 23;

/** Over UDP: source node 99, as public scanners have it. */
export function encodeUnitDataRead(): Buffer {
  return Buffer.from("800002000000006300ef050100", "hex");
}

/** Over TCP a node number is asked for first. */
export function encodeNodeRequest(): Buffer {
  return Buffer.from("46494e530000000c000000000000000000000000", "hex");
}

/** @param node of the controller, from its answer to encodeNodeRequest */
export function encodeTcpUnitDataRead(node: number): Buffer {
  const frame = Buffer.from("46494e5300000015000000020000000080000200ff000000ef05050100", "hex");
  frame.writeUInt8(node, 20);
  return frame;
}

/** Bytes of the FINS/TCP message that begins `bytes`; undefined while its length is not there.
 *  @throws WireError */
export function finsTcpLength(bytes: Buffer): number | undefined {
  if (bytes.length < 8) return undefined;
  const cursor = createCursor(bytes);
  return 8 + readTcpLength(cursor);
}

// The longest FINS frame has 2012 bytes (Omron W342).
const MOST_BYTES = 8 + 2012;

function readTcpLength(cursor: Cursor): number {
  if (cursor.u32("the magic") !== MAGIC) cursor.fail("this is no FINS/TCP");
  const length = cursor.u32("the length");
  if (length < 8 || length > MOST_BYTES) cursor.fail(`a length of ${length}`);
  return length;
}

/** @returns the controller's node
 *  @throws WireError */
export function decodeNode(bytes: Buffer): number {
  const cursor = createCursor(bytes);
  readTcpLength(cursor);
  cursor.skip(4, "the command");
  if (cursor.u32("the error") !== 0) cursor.fail("the controller gives no node");
  cursor.seek(Math.min(NODE_AT, bytes.length), "the node");
  return cursor.u8("the node");
}

/** @throws WireError */
export function decodeTcpUnitData(bytes: Buffer): FinsUnitData {
  const cursor = createCursor(bytes);
  readTcpLength(cursor);
  return decodeUnitData(bytes.subarray(Math.min(TCP_HEADER_BYTES, bytes.length)));
}

/** @throws WireError */
export function decodeUnitData(bytes: Buffer): FinsUnitData {
  const cursor = createCursor(bytes);
  if ((cursor.u8("the control field") & RESPONSE) === 0) cursor.fail("this is no answer");
  cursor.skip(9, "the addresses");
  if (cursor.u16("the command") !== UNIT_DATA_READ) cursor.fail("this answers another command");
  const endCode = cursor.u16("the end code");
  // The bits that say "error in a relay" and "fatal error of the unit" are no part of the code (Omron W342, end codes).
  if ((endCode & 0x7f3f) !== 0) return { kind: "refusal", endCode };
  const model = cText(cursor.bytes(20, "the model"));
  const version = cText(cursor.bytes(20, "the version"));
  cursor.skip(40, "the system's own data");
  cursor.skip(12, "the sizes of the areas");
  return { kind: "unit", model, version };
}
