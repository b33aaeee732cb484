import { cText } from "./c-text.ts";
import { createCursor } from "./cursor.ts";
import { WireError } from "./wire-error.ts";

/** What a CODESYS V2 runtime says of itself. */
export interface CodesysIdentity {
  /** "Nucleus PLUS". */
  readonly os: string;
  readonly osVersion: string;
  /** "WAGO 750-841 PFC ETHERNET". */
  readonly product: string;
}

const MAGIC = 0xbbbb;
// digitalbond/Redpoint codesys-v2-discover.nse.
const OS_AT = 64;
const OS_VERSION_AT = 96;
const PRODUCT_AT = 128;
const MOST_NAME = 255;

/** Of a little-endian client, which public scanners ask as first. */
export function encodeCodesysIdentity(): Buffer {
  return Buffer.from("bbbb0100000001", "hex");
}

/** The answer bears no length that is known: it is whole when the product's name has ended.
 *  @throws WireError */
export function codesysLength(bytes: Buffer): number | undefined {
  if (bytes.length >= 2 && bytes.readUInt16BE(0) !== MAGIC)
    throw new WireError(0, "this is no CODESYS answer");
  const end = bytes.indexOf(0, PRODUCT_AT);
  if (end !== -1) return end + 1;
  if (bytes.length > PRODUCT_AT + MOST_NAME)
    throw new WireError(PRODUCT_AT, "the product's name does not end");
  return undefined;
}

/** @throws WireError */
export function decodeCodesysIdentity(bytes: Buffer): CodesysIdentity {
  const length = codesysLength(bytes);
  if (length === undefined) throw new WireError(bytes.length, "the answer is cut short");
  const cursor = createCursor(bytes, OS_AT);
  return {
    os: cText(cursor.bytes(OS_VERSION_AT - OS_AT, "the system")),
    osVersion: cText(cursor.bytes(PRODUCT_AT - OS_VERSION_AT, "its version")),
    product: cText(cursor.bytes(length - PRODUCT_AT, "the product")),
  };
}
