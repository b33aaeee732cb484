import { AREAS, cellBytes, type S7Memory } from "./s7-memory.ts";
import { jobAnswer, jobError, type S7Pdu } from "./s7-pdu.ts";
import type { S7Device, S7Traits } from "./s7-traits.ts";

/** Header errors that any device gives (Wireshark packet-s7comm.c, "param_errcode_names"). */
export const OVER_PDU = 0x8500;
const FUNCTION_REFUSED = 0x8104;

/** Item return codes (same file, "item_return_valuenames"). */
const ITEM = { ok: 0xff, denied: 0x03, address: 0x05, type: 0x06, missing: 0x0a } as const;

/** Bytes of one element of each transport size, and how an answer names what it holds. */
const TRANSPORTS: Readonly<Record<number, { readonly bytes: number; readonly answer: number }>> = {
  1: { bytes: 1, answer: 0x03 },
  2: { bytes: 1, answer: 0x04 },
  3: { bytes: 1, answer: 0x09 },
  4: { bytes: 2, answer: 0x04 },
  5: { bytes: 2, answer: 0x05 },
  6: { bytes: 4, answer: 0x04 },
  7: { bytes: 4, answer: 0x05 },
  8: { bytes: 4, answer: 0x07 },
  28: { bytes: 2, answer: 0x09 },
  29: { bytes: 2, answer: 0x09 },
};

const BIT = 0x01;
// Lengths of these are told in bits, others in bytes.
const IN_BITS: readonly number[] = [0x03, 0x04, 0x05];

/** Answer to "read variables" (function 4). */
export function answerRead({ traits, memory }: S7Device, pdu: S7Pdu, pduSize: number): Buffer {
  const refuse = (error: number): Buffer => jobError(pdu.reference, traits.errorRosctr, error);
  if (typeof traits.reads === "number") return refuse(traits.reads);
  const count = pdu.parameters[1] ?? 0;
  if (count === 0 || count > 20 || pdu.parameters.length !== 2 + 12 * count) return refuse(OVER_PDU);
  const items = Array.from({ length: count }, (_, i) => pdu.parameters.subarray(2 + 12 * i, 14 + 12 * i));
  const answers = items.map((item) => readItem(traits, memory, item));
  const body = Buffer.concat(answers.map((answer, i) => (i === count - 1 ? answer : padded(answer))));
  const bytes = answers.reduce((sum, answer) => sum + answer.length - 4, 0);
  if (14 + body.length > pduSize || bytes > (traits.mostJobBytes ?? bytes)) return refuse(OVER_PDU);
  return jobAnswer(pdu.reference, Buffer.from([4, count]), body);
}

/** Nothing in the zoo may be written: item by item, "access denied". */
export function answerWrite(pdu: S7Pdu): Buffer {
  const count = pdu.parameters[1] ?? 0;
  return jobAnswer(pdu.reference, Buffer.from([5, count]), Buffer.alloc(count, ITEM.denied));
}

/** Anything else that a job may want: loading and unloading of blocks, start and stop. */
export function refuseFunction(pdu: S7Pdu): Buffer {
  // A CPU 315-2 PN/DP to "start upload" (snap7_s300_everything.pcapng, frame at 0.3819 s).
  const isUpload = pdu.parameters[0] === 0x1d;
  return jobError(pdu.reference, 2, isUpload ? 0xd20c : FUNCTION_REFUSED);
}

function readItem(traits: S7Traits, memory: S7Memory, item: Buffer): Buffer {
  const transport = item[3] ?? 0;
  const shape = TRANSPORTS[transport];
  if (item.readUIntBE(0, 3) !== 0x120a10 || shape === undefined) return refusal(ITEM.type);
  const code = item[8] ?? 0;
  const db = item.readUInt16BE(6);
  const area = memory.area(code, db);
  if (area === undefined) return refusal(code === AREAS.dataBlock ? ITEM.missing : ITEM.address);
  const pointer = item.readUIntBE(9, 3);
  const elements = item.readUInt16BE(4);
  if (transport === BIT) return elements === 1 ? readBit(area, pointer) : refusal(ITEM.type);
  const isNumbered = code === AREAS.counters || code === AREAS.timers;
  const start = isNumbered ? 2 * pointer : pointer >> 3;
  const end = start + elements * shape.bytes;
  if (elements === 0 || end > area.length) return refusal(ITEM.address);
  if (traits.reads === "whole-variables" && !isOneVariable(memory, db, start, end)) {
    return refusal(ITEM.address);
  }
  return value(shape.answer, area.subarray(start, end));
}

function readBit(area: Buffer, pointer: number): Buffer {
  const byte = area[pointer >> 3];
  if (byte === undefined) return refusal(ITEM.address);
  return Buffer.from([ITEM.ok, 0x03, 0, 1, (byte >> (pointer & 7)) & 1]);
}

function isOneVariable(memory: S7Memory, db: number, start: number, end: number): boolean {
  return memory.cells.some((cell) => cell.db === db && cell.at === start && start + cellBytes(cell) === end);
}

function value(transport: number, bytes: Buffer): Buffer {
  const head = Buffer.from([ITEM.ok, transport, 0, 0]);
  head.writeUInt16BE(IN_BITS.includes(transport) ? bytes.length * 8 : bytes.length, 2);
  return Buffer.concat([head, bytes]);
}

const refusal = (code: number): Buffer => Buffer.from([code, 0, 0, 0]);

const padded = (bytes: Buffer): Buffer =>
  bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
