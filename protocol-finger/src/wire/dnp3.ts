import { createCursor } from "./cursor.ts";
import { WireError } from "./wire-error.ts";

/** How an outstation answers the question for its link (IEEE 1815, link layer). */
export interface Dnp3Link {
  /** Address of the outstation. */
  readonly address: number;
  readonly isSupported: boolean;
}

const START = 0x0564;
const HEADER_BYTES = 10;
const REQUEST_LINK_STATUS = 0xc9;
const LINK_STATUS = 0x0b;
const NOT_SUPPORTED = 0x0f;
// Of an outstation whoever it is (IEEE 1815, self-address): no address has to be guessed.
const SELF = 0xfffc;
const MASTER = 1;

export function encodeRequestLinkStatus(): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES);
  frame.writeUInt16BE(START, 0);
  frame.writeUInt8(5, 2);
  frame.writeUInt8(REQUEST_LINK_STATUS, 3);
  frame.writeUInt16LE(SELF, 4);
  frame.writeUInt16LE(MASTER, 6);
  frame.writeUInt16LE(crc(frame.subarray(0, 8)), 8);
  return frame;
}

/** A header is all that such an answer has.
 *  @throws WireError */
export function dnp3Length(bytes: Buffer): number | undefined {
  if (bytes.length >= 2 && bytes.readUInt16BE(0) !== START) throw new WireError(0, "this is no DNP3");
  return bytes.length < HEADER_BYTES ? undefined : HEADER_BYTES;
}

/** @throws WireError */
export function decodeLinkStatus(bytes: Buffer): Dnp3Link {
  const cursor = createCursor(bytes);
  if (cursor.u16("the start") !== START) throw new WireError(0, "this is no DNP3");
  if (cursor.u8("the length") < 5) cursor.fail("a frame without header");
  // The direction and the flow are no part of the function.
  const code = cursor.u8("the control field") & 0x4f;
  cursor.skip(2, "the destination");
  const address = cursor.u16le("the source");
  if (cursor.u16le("the checksum") !== crc(bytes.subarray(0, 8))) cursor.fail("the checksum is wrong");
  if (code !== LINK_STATUS && code !== NOT_SUPPORTED)
    throw new WireError(3, `function ${code} is no link status`);
  return { address, isSupported: code === LINK_STATUS };
}

/** CRC-16/DNP (IEEE 1815, link layer). */
export function crc(bytes: Buffer): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & 1) === 0 ? sum >> 1 : (sum >> 1) ^ 0xa6bc;
  }
  return ~sum & 0xffff;
}
