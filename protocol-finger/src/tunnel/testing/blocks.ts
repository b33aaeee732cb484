import { bytesOf, isBitTable, type ModbusRange } from "../../wire/modbus-pdu.ts";
import type { TunnelArea } from "../areas.ts";

/** Data blocks 1 to 4, 4000 bytes each, of which no two neighbours are alike. */
export function dataBlocks(): ReadonlyMap<number, Buffer> {
  const block = (db: number): Buffer =>
    Buffer.from(Uint8Array.from({ length: 4000 }, (_, i) => i * 37 + db * 11 + (i >> 8)));
  return new Map([1, 2, 3, 4].map((db) => [db, block(db)]));
}

/** What a Modbus device with these areas answers, register by register and bit by bit; undefined is exception 02. */
export function tableAnswer(
  { table, start, count }: ModbusRange,
  areas: readonly TunnelArea[],
  blocks: ReadonlyMap<number, Buffer>,
): Buffer | undefined {
  const bytes = Buffer.alloc(bytesOf(table, count));
  for (let i = 0; i < count; i += 1) {
    const at = start + i;
    const area = areas.find(
      (candidate) => candidate.kind === table && at >= candidate.startRegister && at <= candidate.endRegister,
    );
    const block = blocks.get(area?.db ?? 0);
    if (area === undefined || block === undefined) return undefined;
    const offset = at - area.startRegister;
    if (isBitTable(table)) {
      const isSet = ((block[area.byteBase + Math.floor(offset / 8)] ?? 0) & (2 ** (offset % 8))) !== 0;
      if (isSet) bytes[Math.floor(i / 8)] = (bytes[Math.floor(i / 8)] ?? 0) + 2 ** (i % 8);
    } else {
      bytes[2 * i] = block[area.byteBase + 2 * offset] ?? 0;
      bytes[2 * i + 1] = block[area.byteBase + 2 * offset + 1] ?? 0;
    }
  }
  return bytes;
}
