import type { S7Address, S7Area } from "../s7/address.ts";
import type { AddressProblem } from "../s7/problem.ts";
import { bytesOf, isBitTable, type ModbusRange, type ModbusTable } from "../wire/modbus-pdu.ts";
import { areaBytes, areaText, registersIn, type TunnelArea } from "./areas.ts";

/** Where bytes of a data block lie in the tables of a Modbus device. */
export interface Mapped extends ModbusRange {
  readonly area: TunnelArea;
  /** Registers: bytes of the first one that come before. Bits: place of the first bit in the first byte. */
  readonly skip: number;
  /** Bytes that are wanted. */
  readonly byteLength: number;
}

export type Mapping = { readonly span: Mapped } | { readonly problem: AddressProblem };

/** What is wanted of the memory of a controller: bytes, or bits where `bits` tells how many from `bit` on. */
export interface S7Place {
  readonly area: S7Area;
  readonly db: number;
  readonly start: number;
  readonly byteLength: number;
  readonly bit?: number;
  readonly bits?: number;
}

const MAPPED_AREA: S7Area = "DB";
/** Why these cannot travel: MODBUSPN and its like hand out data blocks and nothing else. */
const AREA_NAMES: Readonly<Record<S7Area, string>> = {
  DB: "data blocks",
  M: "bit memory (M)",
  I: "inputs (I)",
  Q: "outputs (Q)",
  P: "peripheral addresses (PI, PQ)",
  T: "timers (T)",
  C: "counters (C)",
};

/** The registers (or bits) that `address` is read through, or why it cannot travel: for configuration time. */
export function mapAddress(address: S7Address, areas: readonly TunnelArea[]): Mapping {
  const mapped = mapPlace(placeOf(address), areas);
  return "problem" in mapped ? { problem: { at: 0, message: mapped.problem } } : { span: mapped };
}

/** The place that an address speaks of. */
export function placeOf(address: S7Address): S7Place {
  const { area, db, start, byteLength } = address;
  return address.type === "BOOL"
    ? { area, db, start, byteLength, bit: address.bit, bits: address.count }
    : { area, db, start, byteLength };
}

/** The registers of a place, in the first area that has all of it. */
export function mapPlace(
  place: S7Place,
  areas: readonly TunnelArea[],
): Mapped | { readonly problem: string; readonly why: "area" | "block" | "range" } {
  const { area, db, start, byteLength } = place;
  if (area !== MAPPED_AREA) {
    const problem =
      `${AREA_NAMES[area]} cannot travel through Modbus registers, data blocks can: ` +
      "let the controller's program copy it into a mapped data block, or read it over S7";
    return { problem, why: "area" };
  }
  const ofBlock = areas.filter((candidate) => candidate.db === db);
  if (ofBlock.length === 0) {
    const blocks = [...new Set(areas.map((candidate) => `DB${candidate.db}`))].join(", ");
    return { problem: `DB${db} has no area of registers; there are areas for ${blocks}`, why: "block" };
  }
  const found = ofBlock.find((candidate) => covers(candidate, place));
  if (found !== undefined) return mapInto(found, place);
  const span = byteLength === 1 ? `byte ${start}` : `bytes ${start} to ${start + byteLength - 1}`;
  const known = ofBlock.map(areaText).join("; ");
  const isCrossing = ofBlock.some((candidate) => touches(candidate, place));
  const problem = isCrossing
    ? `${span} of DB${db} cannot be had from one area, and one request reaches no further: ${known}`
    : `no area of registers has ${span} of DB${db}: ${known}`;
  return { problem, why: "range" };
}

/** First bit and number of bits of a place, from the beginning of an area. */
function bitsOf(area: TunnelArea, place: S7Place): { readonly first: number; readonly count: number } {
  const first = 8 * (place.start - area.byteBase) + (place.bit ?? 0);
  return { first, count: place.bits ?? 8 * place.byteLength };
}

const bitsIn = (area: TunnelArea): number => registersIn(area) * (isBitTable(area.kind) ? 1 : 16);

function covers(area: TunnelArea, place: S7Place): boolean {
  const { first, count } = bitsOf(area, place);
  return first >= 0 && first + count <= bitsIn(area);
}

function touches(area: TunnelArea, { start, byteLength }: S7Place): boolean {
  return start < area.byteBase + areaBytes(area) && start + byteLength > area.byteBase;
}

function mapInto(area: TunnelArea, place: S7Place): Mapped {
  const { byteLength } = place;
  const table = area.kind;
  if (isBitTable(table)) {
    const { first, count } = bitsOf(area, place);
    return { area, table, start: area.startRegister + first, count, skip: place.bit ?? 0, byteLength };
  }
  const at = place.start - area.byteBase;
  const skip = at & 1;
  return {
    area,
    table,
    start: area.startRegister + (at >> 1),
    count: (skip + byteLength + 1) >> 1,
    skip,
    byteLength,
  };
}

/** Copy the bytes of `mapped` out of the answer to a request that reads `from` and on.
 *  @param from first register or bit of the request
 *  @param raw bytes of its answer, as in wire/modbus-pdu.ts */
export function copyOut(mapped: Mapped, from: number, raw: Buffer, out: Uint8Array, at: number): void {
  const offset = mapped.start - from;
  if (!isBitTable(mapped.table)) {
    const begin = 2 * offset + mapped.skip;
    out.set(raw.subarray(begin, begin + mapped.byteLength), at);
    return;
  }
  out.fill(0, at, at + mapped.byteLength);
  copyBits(raw, offset, out, 8 * at + mapped.skip, mapped.count);
}

/** A place in a data block, from the Modbus side. */
export interface S7Bytes {
  readonly db: number;
  readonly start: number;
  readonly byteLength: number;
  /** Bits: place of the first one in the first byte; 0 for registers. */
  readonly bit: number;
}

/** The bytes that registers or bits stand for; undefined where no single area has them all. */
export function bytesBehind(range: ModbusRange, areas: readonly TunnelArea[]): S7Bytes | undefined {
  const { table, start, count } = range;
  const area = areas.find(
    ({ kind, startRegister, endRegister }) =>
      kind === table && startRegister <= start && start + count - 1 <= endRegister,
  );
  if (area === undefined) return undefined;
  const { db, byteBase, startRegister } = area;
  const at = start - startRegister;
  if (!isBitTable(table)) return { db, start: byteBase + 2 * at, byteLength: 2 * count, bit: 0 };
  const bit = at & 7;
  return { db, start: byteBase + (at >> 3), byteLength: (bit + count + 7) >> 3, bit };
}

/** The answer to a request that reads `table`, made of the bytes behind it. */
export function answerOf(table: ModbusTable, count: number, bytes: Buffer, { bit }: S7Bytes): Buffer {
  if (!isBitTable(table)) return bytes;
  const out = Buffer.alloc(bytesOf(table, count));
  copyBits(bytes, bit, out, 0, count);
  return out;
}

/** Both sides count bits from the lowest of each byte: coil i is DBX (i / 8).(i % 8). */
function copyBits(from: Uint8Array, fromBit: number, to: Uint8Array, toBit: number, count: number): void {
  for (let i = 0; i < count; i += 1) {
    const source = fromBit + i;
    const target = toBit + i;
    const isSet = ((from[source >> 3] ?? 0) >> (source & 7)) & 1;
    to[target >> 3] = (to[target >> 3] ?? 0) | (isSet << (target & 7));
  }
}
