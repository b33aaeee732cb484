import { createCursor } from "./cursor.ts";

/** Who an EtherNet/IP device is (CIP volume 2, ListIdentity, "CIP Identity Item"). */
export interface EnipIdentity {
  readonly kind: "identity";
  /** ODVA's list; 1 is Rockwell. */
  readonly vendorId: number;
  /** CIP's device profiles; 14 is a programmable controller, 12 a communications adapter. */
  readonly deviceType: number;
  readonly productCode: number;
  readonly revision: string;
  readonly status: number;
  readonly serial: number;
  /** "1756-ENBT/A". */
  readonly productName: string;
}

const LIST_IDENTITY = 0x63;
const HEADER_BYTES = 24;
const LENGTH_AT = 2;
const IDENTITY_ITEM = 0x0c;

/** Needs no session and leaves none. The context is the one that public scanners use. */
export function encodeListIdentity(): Buffer {
  return Buffer.from("63000000000000000000000000000000c1debed100000000", "hex");
}

/** Bytes of the message that begins `bytes`; undefined while its length is not there. */
export function enipLength(bytes: Buffer): number | undefined {
  return bytes.length < LENGTH_AT + 2 ? undefined : HEADER_BYTES + bytes.readUInt16LE(LENGTH_AT);
}

/** @returns the identity, or a refusal: old modules know no ListIdentity
 *  @throws WireError */
export function decodeListIdentity(
  bytes: Buffer,
): EnipIdentity | { readonly kind: "refusal"; readonly status: number } {
  const cursor = createCursor(bytes);
  if (cursor.u16le("the command") !== LIST_IDENTITY) cursor.fail("this is no answer to ListIdentity");
  const length = cursor.u16le("the length");
  if (length > bytes.length - HEADER_BYTES) cursor.fail(`${length} bytes are due`);
  cursor.skip(4, "the session");
  const refused = cursor.u32le("the status");
  cursor.skip(8 + 4, "the context and the options");
  if (refused !== 0) return { kind: "refusal", status: refused };
  if (cursor.u16le("the number of items") < 1) cursor.fail("there is no item");
  if (cursor.u16le("the kind of item") !== IDENTITY_ITEM) cursor.fail("this is no identity");
  cursor.skip(2 + 2 + 16, "the address");
  const vendorId = cursor.u16le("the vendor");
  const deviceType = cursor.u16le("the type");
  const productCode = cursor.u16le("the product");
  const revision = `${cursor.u8("the revision")}.${cursor.u8("the revision")}`;
  const status = cursor.u16le("the state");
  const serial = cursor.u32le("the serial number");
  const productName = cursor.text(cursor.u8("the length of the name"), "the name");
  cursor.skip(1, "the state");
  return { kind: "identity", vendorId, deviceType, productCode, revision, status, serial, productName };
}
