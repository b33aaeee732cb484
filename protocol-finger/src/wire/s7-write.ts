import { decodeS7Header, encodeS7Request, S7_KIND } from "./s7-header.ts";
import { WireError } from "./wire-error.ts";

/** Bytes, or one bit, of a data block. */
export interface S7WritePlace {
  readonly db: number;
  readonly start: number;
  /** 0..7 where one bit is written: it stands in the lowest bit of one byte. */
  readonly bit?: number;
}

const FUNCTION_WRITE = 0x05;
const AREA_DB = 0x84;
// Transport codes of the item and of its data (snap7, s7_types.h); the first data code counts bits, as does the second.
const BIT = { item: 0x01, data: 0x03, unit: 1 } as const;
const BYTES = { item: 0x02, data: 0x04, unit: 8 } as const;

/** TPKT and COTP included. */
export function encodeWriteRequest(number: number, place: S7WritePlace, bytes: Buffer): Buffer {
  const code = place.bit === undefined ? BYTES : BIT;
  const parameters = Buffer.from([
    FUNCTION_WRITE,
    1,
    0x12,
    0x0a,
    0x10,
    code.item,
    0,
    0,
    0,
    0,
    AREA_DB,
    0,
    0,
    0,
  ]);
  parameters.writeUInt16BE(bytes.length, 6);
  parameters.writeUInt16BE(place.db, 8);
  parameters.writeUIntBE(8 * place.start + (place.bit ?? 0), 11, 3);
  const header = Buffer.from([0, code.data, 0, 0]);
  header.writeUInt16BE(code.unit * bytes.length, 2);
  return encodeS7Request(S7_KIND.job, number, parameters, Buffer.concat([header, bytes]));
}

/** @returns the return code of the item (0xff: written), or class and code of the error of the whole answer
 *  @throws WireError where it is no answer to a write of one item */
export function decodeWriteReply(pdu: Buffer): number {
  const header = decodeS7Header(pdu);
  if (header.kind !== S7_KIND.ack && header.kind !== S7_KIND.ackData) {
    throw new WireError(1, `kind ${header.kind} is no answer`);
  }
  if (header.error !== 0) return header.error;
  const at = pdu.length - header.data.length - header.parameters.length;
  if (header.parameters.length !== 2 || pdu.readUInt8(at) !== FUNCTION_WRITE || pdu.readUInt8(at + 1) !== 1) {
    throw new WireError(at, "this is no answer to a write of one item");
  }
  const code = header.data[0];
  if (code === undefined) throw new WireError(pdu.length, "the return code is missing");
  // A fill byte may follow.
  if (header.data.length > 2) throw new WireError(at + 3, `${header.data.length - 1} bytes too many`);
  return code;
}
