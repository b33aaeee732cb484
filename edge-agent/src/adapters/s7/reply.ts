import { WireError } from "@stethos/protocol-finger/wire";
import type { ReadItem } from "./read-plan.ts";
import type { ReadJob } from "./request.ts";
import { answerRefusal, itemRefusal, type Refusal } from "./status.ts";

/** An item that the device gave no bytes for. */
export interface RefusedItem {
  readonly item: ReadItem;
  readonly refusal: Refusal;
}

// S7 header (Wireshark, packet-s7comm.c); offsets from its first byte, 0x32.
const HEADER_BYTES = 12;
const KIND_AT = 1;
const NUMBER_AT = 4;
const PARAMETER_LENGTH_AT = 6;
const DATA_LENGTH_AT = 8;
const ERROR_CLASS_AT = 10;
const ERROR_CODE_AT = 11;
const FUNCTION_AT = 12;
const COUNT_AT = 13;
const ITEMS_AT = 14;

const PROTOCOL_ID = 0x32;
/** A real S7-300 acknowledges an error with kind 2 where others use 3 (PROTOCOLS.md 3.1 point 8). */
const KIND_ACK = 2;
const KIND_ACK_DATA = 3;
const FUNCTION_READ = 0x04;
const ITEM_HEADER_BYTES = 4;
const ITEM_OK = 0xff;
/** Transport codes of results that give their length in bits (snap7, s7_types.h: TS_ResBit, TS_ResByte, TS_ResInt). */
const LENGTH_IN_BITS = [0x03, 0x04, 0x05];

/** The number of the request that `pdu` answers.
 *  @throws WireError where it is no S7 answer or its lengths disagree */
export function replyNumber(pdu: Buffer): number {
  if (pdu.length < HEADER_BYTES) throw new WireError(pdu.length, "the S7 header is cut short");
  if (pdu.readUInt8(0) !== PROTOCOL_ID) throw new WireError(0, "this is no S7 header");
  const kind = pdu.readUInt8(KIND_AT);
  if (kind !== KIND_ACK && kind !== KIND_ACK_DATA) throw new WireError(KIND_AT, `kind ${kind} is no answer`);
  const stated = HEADER_BYTES + pdu.readUInt16BE(PARAMETER_LENGTH_AT) + pdu.readUInt16BE(DATA_LENGTH_AT);
  if (stated !== pdu.length) {
    throw new WireError(PARAMETER_LENGTH_AT, `the header tells of ${stated} bytes and ${pdu.length} came`);
  }
  return pdu.readUInt16BE(NUMBER_AT);
}

/** Copy the bytes of each item into the image; refused items go to `refused`.
 *  @throws WireError where the answer is not one to `job`: the image is then of no use */
export function takeReply(pdu: Buffer, job: ReadJob, image: Uint8Array, refused: RefusedItem[]): void {
  const errorClass = pdu.readUInt8(ERROR_CLASS_AT);
  const errorCode = pdu.readUInt8(ERROR_CODE_AT);
  if (errorClass !== 0 || errorCode !== 0) {
    const refusal = answerRefusal(errorClass, errorCode);
    for (const item of job.items) refused.push({ item, refusal });
    return;
  }
  if (pdu.readUInt16BE(PARAMETER_LENGTH_AT) !== ITEMS_AT - HEADER_BYTES) {
    throw new WireError(PARAMETER_LENGTH_AT, "an answer to a read has 2 bytes of parameters");
  }
  if (pdu.readUInt8(FUNCTION_AT) !== FUNCTION_READ)
    throw new WireError(FUNCTION_AT, "this is no answer to a read");
  if (pdu.readUInt8(COUNT_AT) !== job.items.length) {
    throw new WireError(
      COUNT_AT,
      `${pdu.readUInt8(COUNT_AT)} items came where ${job.items.length} were asked for`,
    );
  }
  let at = ITEMS_AT;
  for (const item of job.items) {
    at += at & 1;
    at = takeItem(pdu, at, item, image, refused);
  }
  // Some devices pad the last item too.
  if (pdu.length - at > 1) throw new WireError(at, `${pdu.length - at} bytes follow the last item`);
}

function takeItem(
  pdu: Buffer,
  at: number,
  item: ReadItem,
  image: Uint8Array,
  refused: RefusedItem[],
): number {
  if (at + ITEM_HEADER_BYTES > pdu.length) throw new WireError(at, "the header of an item is missing");
  const code = pdu.readUInt8(at);
  const from = at + ITEM_HEADER_BYTES;
  if (code !== ITEM_OK) {
    // No bytes follow, whatever the length field says: snap7 writes 4 there, a CPU 0.
    refused.push({ item, refusal: itemRefusal(code) });
    return from;
  }
  const transport = pdu.readUInt8(at + 1);
  const stated = pdu.readUInt16BE(at + 2);
  const length = LENGTH_IN_BITS.includes(transport) ? stated / 8 : stated;
  if (length !== item.length) {
    throw new WireError(at + 2, `an item has ${length} bytes where ${item.length} were asked for`);
  }
  if (from + length > pdu.length) throw new WireError(from, `an item of ${length} bytes is cut short`);
  pdu.copy(image, item.image, from, from + length);
  return from + length;
}
