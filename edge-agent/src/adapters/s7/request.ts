import type { S7Area } from "@stethos/protocol-finger/s7";
import type { ReadItem } from "./read-plan.ts";

/** A request ready to send: only its number changes from scan to scan. */
export interface ReadJob {
  readonly bytes: Buffer;
  readonly items: readonly ReadItem[];
}

// TPKT (RFC 1006) and COTP data header, S7 job header, read service (nodeS7.js, readReqHeader).
const HEADER = [
  0x03, 0x00, 0x00, 0x00, 0x02, 0xf0, 0x80, 0x32, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04,
  0x00,
] as const;
const TPKT_LENGTH_AT = 2;
const NUMBER_AT = 11;
const PARAMETER_LENGTH_AT = 13;
const COUNT_AT = 18;
const ITEM_BYTES = 12;

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

export function buildJob(items: readonly ReadItem[]): ReadJob {
  const bytes = Buffer.alloc(HEADER.length + ITEM_BYTES * items.length);
  bytes.set(HEADER);
  bytes.writeUInt16BE(bytes.length, TPKT_LENGTH_AT);
  bytes.writeUInt16BE(2 + ITEM_BYTES * items.length, PARAMETER_LENGTH_AT);
  bytes.writeUInt8(items.length, COUNT_AT);
  items.forEach((item, i) => {
    writeItem(bytes, HEADER.length + ITEM_BYTES * i, item);
  });
  return { bytes, items };
}

/** Number the request; the answer carries the same number. */
export function numberJob(job: ReadJob, number: number): void {
  job.bytes.writeUInt16BE(number, NUMBER_AT);
}

function writeItem(bytes: Buffer, at: number, item: ReadItem): void {
  const code = AREAS[item.area];
  bytes.set([0x12, 0x0a, 0x10, code.transport], at);
  bytes.writeUInt16BE(item.length / code.unitBytes, at + 4);
  bytes.writeUInt16BE(item.db, at + 6);
  bytes.writeUInt8(code.area, at + 8);
  bytes.writeUIntBE((item.start / code.unitBytes) * code.addressUnit, at + 9, 3);
}
