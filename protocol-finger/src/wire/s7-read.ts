import type { S7Area } from "../s7/address.ts";
import { encodeS7Request, S7_KIND } from "./s7-header.ts";
import { WireError } from "./wire-error.ts";

/** A contiguous range of bytes in the memory of a controller. */
export interface S7Range {
  readonly area: S7Area;
  /** Number of the data block; 0 in other areas. */
  readonly db: number;
  /** First byte; in the areas T and C twice the number of the timer or counter. */
  readonly start: number;
  /** Bytes. */
  readonly length: number;
}

/** A range that one item of a request asks for. */
export interface ReadItem extends S7Range {
  /** Where its bytes go in the image of all ranges that are read together. */
  readonly image: number;
}

/** A request ready to send: only its number changes from one sending to the next. */
export interface ReadJob<Item extends ReadItem = ReadItem> {
  /** TPKT and COTP included. */
  readonly bytes: Buffer;
  readonly items: readonly Item[];
}

/** An item that the device gave no bytes for. */
export interface RefusedItem<Item extends ReadItem = ReadItem> {
  readonly item: Item;
  /** Return code of the item (0x0a), or class and code of the error of the whole answer (0x8104). */
  readonly code: number;
}

const FUNCTION_READ = 0x04;
const ITEM_BYTES = 12;
// Offsets in the packet of a request.
const NUMBER_AT = 11;
// Offsets in the PDU of an answer (Wireshark, packet-s7comm.c).
const PARAMETER_LENGTH_AT = 6;
const ERROR_AT = 10;
const FUNCTION_AT = 12;
const COUNT_AT = 13;
const ITEMS_AT = 14;
const ITEM_HEADER_BYTES = 4;
const ITEM_OK = 0xff;
/** Transport codes of results that give their length in bits (snap7, s7_types.h: TS_ResBit, TS_ResByte, TS_ResInt). */
const LENGTH_IN_BITS = [0x03, 0x04, 0x05];

interface AreaCode {
  readonly area: number;
  /** What is counted: bytes, counters or timers. */
  readonly transport: number;
  /** Bytes that one of them takes. */
  readonly unitBytes: number;
  /** Addresses count bits in areas of bytes, whole things in the others. */
  readonly addressUnit: number;
}

const BYTES = { transport: 0x02, unitBytes: 1, addressUnit: 8 } as const;

/** Area and transport codes (nodeS7.js, stringToS7Addr and S7AddrToBuffer; Wireshark, packet-s7comm.c, for the
 *  addresses of timers and counters, which nodes7 multiplies by 8). */
const AREAS: Readonly<Record<S7Area, AreaCode>> = {
  P: { area: 0x80, ...BYTES },
  I: { area: 0x81, ...BYTES },
  Q: { area: 0x82, ...BYTES },
  M: { area: 0x83, ...BYTES },
  DB: { area: 0x84, ...BYTES },
  C: { area: 0x1c, transport: 0x1c, unitBytes: 2, addressUnit: 1 },
  T: { area: 0x1d, transport: 0x1d, unitBytes: 2, addressUnit: 1 },
};

/** @param items at most 20, for no controller takes more */
export function buildReadJob<Item extends ReadItem>(items: readonly Item[]): ReadJob<Item> {
  const parameters = Buffer.alloc(2 + ITEM_BYTES * items.length);
  parameters.set([FUNCTION_READ, items.length]);
  items.forEach((item, i) => {
    writeItem(parameters, 2 + ITEM_BYTES * i, item);
  });
  return { bytes: encodeS7Request(S7_KIND.job, 0, parameters, Buffer.alloc(0)), items };
}

/** Number the request, in place; the answer carries the same number. */
export function numberReadJob(job: ReadJob, number: number): void {
  job.bytes.writeUInt16BE(number, NUMBER_AT);
}

/** Copy the bytes of each item into the image; refused items go to `refused`.
 *  @param pdu whose header answerNumber has accepted
 *  @throws WireError where the answer is not one to `job`: the image is then of no use */
export function takeReadAnswer<Item extends ReadItem>(
  pdu: Buffer,
  job: ReadJob<Item>,
  image: Uint8Array,
  refused: RefusedItem<Item>[],
): void {
  const error = pdu.readUInt16BE(ERROR_AT);
  if (error !== 0) {
    for (const item of job.items) refused.push({ item, code: error });
    return;
  }
  if (pdu.readUInt16BE(PARAMETER_LENGTH_AT) !== ITEMS_AT - FUNCTION_AT) {
    throw new WireError(PARAMETER_LENGTH_AT, "an answer to a read has 2 bytes of parameters");
  }
  if (pdu.readUInt8(FUNCTION_AT) !== FUNCTION_READ) {
    throw new WireError(FUNCTION_AT, "this is no answer to a read");
  }
  const count = pdu.readUInt8(COUNT_AT);
  if (count !== job.items.length) {
    throw new WireError(COUNT_AT, `${count} items came where ${job.items.length} were asked for`);
  }
  let at = ITEMS_AT;
  for (const item of job.items) {
    at += at & 1;
    at = takeItem(pdu, at, item, image, refused);
  }
  // Some devices pad the last item too.
  if (pdu.length - at > 1) throw new WireError(at, `${pdu.length - at} bytes follow the last item`);
}

function takeItem<Item extends ReadItem>(
  pdu: Buffer,
  at: number,
  item: Item,
  image: Uint8Array,
  refused: RefusedItem<Item>[],
): number {
  if (at + ITEM_HEADER_BYTES > pdu.length) throw new WireError(at, "the header of an item is missing");
  const code = pdu.readUInt8(at);
  const from = at + ITEM_HEADER_BYTES;
  if (code !== ITEM_OK) {
    // No bytes follow, whatever the length field says: snap7 writes 4 there, a CPU 0.
    refused.push({ item, code });
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

function writeItem(bytes: Buffer, at: number, item: S7Range): void {
  const code = AREAS[item.area];
  bytes.set([0x12, 0x0a, 0x10, code.transport], at);
  bytes.writeUInt16BE(item.length / code.unitBytes, at + 4);
  bytes.writeUInt16BE(item.db, at + 6);
  bytes.writeUInt8(code.area, at + 8);
  bytes.writeUIntBE((item.start / code.unitBytes) * code.addressUnit, at + 9, 3);
}
