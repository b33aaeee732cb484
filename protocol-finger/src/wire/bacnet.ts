import { type Cursor, createCursor } from "./cursor.ts";

/** Properties of the device object (ASHRAE 135, clause 21, BACnetPropertyIdentifier). */
export const PROPERTY = { vendor: 121, model: 70, firmware: 44, application: 12 } as const;

export type BacnetProperty = keyof typeof PROPERTY;

export type BacnetAnswer =
  | { readonly kind: "value"; readonly property: number; readonly value: string | number }
  /** It speaks BACnet and does not give the property. */
  | { readonly kind: "refusal"; readonly reason: "error" | "reject" | "abort" };

/** ReadProperty of the device object, whatever its instance (4194303 means "yours"), sent to one device alone. */
export function encodeReadProperty(property: BacnetProperty): Buffer {
  const frame = Buffer.from("810a001101040005010c0c023fffff1900", "hex");
  frame.writeUInt8(PROPERTY[property], frame.length - 1);
  return frame;
}

const BACNET_IP = 0x81;
const FORWARDED = 0x04;
const ORIGINAL_UNICAST = 0x0a;

/** @throws WireError */
export function decodeReadProperty(bytes: Buffer): BacnetAnswer {
  const cursor = createCursor(bytes);
  if (cursor.u8("the kind of link") !== BACNET_IP) cursor.fail("this is no BACnet/IP");
  const kind = cursor.u8("the function");
  const length = cursor.u16("the length");
  if (length > bytes.length) cursor.fail(`${length} bytes are due`);
  if (kind === FORWARDED) cursor.skip(6, "the origin");
  else if (kind !== ORIGINAL_UNICAST) cursor.fail(`function ${kind} is no answer`);
  skipNetworkHeader(cursor);
  return readApdu(cursor);
}

// Bits of the control octet (ASHRAE 135, 6.2.2).
const NETWORK_MESSAGE = 0x80;
const HAS_DESTINATION = 0x20;
const HAS_SOURCE = 0x08;

function skipNetworkHeader(cursor: Cursor): void {
  cursor.skip(1, "the version");
  const control = cursor.u8("the control octet");
  if ((control & NETWORK_MESSAGE) !== 0) cursor.fail("this is a message of the network layer");
  if ((control & HAS_DESTINATION) !== 0) skipAddress(cursor);
  if ((control & HAS_SOURCE) !== 0) skipAddress(cursor);
  if ((control & HAS_DESTINATION) !== 0) cursor.skip(1, "the hop count");
}

function skipAddress(cursor: Cursor): void {
  cursor.skip(2, "a network");
  cursor.skip(cursor.u8("the length of an address"), "an address");
}

const COMPLEX_ACK = 3;
const REFUSALS = { 5: "error", 6: "reject", 7: "abort" } as const;
const SEGMENTED = 0x08;
const READ_PROPERTY = 12;

function readApdu(cursor: Cursor): BacnetAnswer {
  const head = cursor.u8("the kind of answer");
  const kind = head >> 4;
  if (kind === 5 || kind === 6 || kind === 7) {
    // Each names the request that it refuses and why.
    cursor.skip(2, "the reason");
    return { kind: "refusal", reason: REFUSALS[kind] };
  }
  if (kind !== COMPLEX_ACK || (head & SEGMENTED) !== 0) cursor.fail("this is no answer in one piece");
  cursor.skip(1, "the number of the request");
  if (cursor.u8("the service") !== READ_PROPERTY) cursor.fail("this answers another service");
  expectTag(cursor, 0x0c, "the object");
  cursor.skip(4, "the object");
  expectTag(cursor, 0x19, "the property");
  const property = cursor.u8("the property");
  expectTag(cursor, 0x3e, "the value");
  const value = readValue(cursor);
  expectTag(cursor, 0x3f, "the end of the value");
  return { kind: "value", property, value };
}

function expectTag(cursor: Cursor, tag: number, what: string): void {
  if (cursor.u8(`the tag of ${what}`) !== tag) cursor.fail(`${what} is not where it should be`);
}

// Application tags (ASHRAE 135, 20.2.1.4).
const NUMBERS = [2, 9]; // unsigned, enumerated
const CHARACTER_STRING = 7;
const OBJECT_ID = 12;
const INSTANCE = 0x3f_ffff;

function readValue(cursor: Cursor): string | number {
  const tag = cursor.u8("the type of the value");
  const length = readTagLength(cursor, tag & 0x07);
  const type = tag >> 4;
  if (NUMBERS.includes(type) && length >= 1 && length <= 4) {
    return cursor.bytes(length, "a number").readUIntBE(0, length);
  }
  if (type === OBJECT_ID && length === 4) return cursor.u32("an object") & INSTANCE;
  if (type !== CHARACTER_STRING || length < 1) cursor.fail("the value is neither text nor number");
  return readCharacters(cursor.bytes(length, "a text"));
}

const EXTENDED = 5;
const TWO_BYTES = 254;

/** Lengths above 4 follow the tag, above 253 in two bytes (ASHRAE 135, 20.2.1.3.1). */
function readTagLength(cursor: Cursor, length: number): number {
  if (length < EXTENDED) return length;
  if (length > EXTENDED) cursor.fail("an opening or closing tag where a value is due");
  const more = cursor.u8("a length");
  if (more > TWO_BYTES) cursor.fail("a text of more than 65535 bytes");
  return more === TWO_BYTES ? cursor.u16("a length") : more;
}

// The first byte tells the characters (ASHRAE 135, 20.2.9).
const UCS_2 = 4;
const UTF_8 = 0;

function readCharacters(field: Buffer): string {
  const set = field.readUInt8(0);
  const text = field.subarray(1);
  // A last odd byte cannot be a character of two.
  const even = Buffer.from(text.subarray(0, text.length - (text.length % 2)));
  const decoded =
    set === UCS_2 ? even.swap16().toString("utf16le") : text.toString(set === UTF_8 ? "utf8" : "latin1");
  return decoded.replace(/[\0 ]+$/, "").replace(/\p{Cc}/gu, ".");
}
