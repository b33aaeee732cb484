import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FingerError } from "../finger-error.ts";
import { parseS7Address, type S7Address } from "../s7/address.ts";
import { isBitTable, type ModbusRange } from "../wire/modbus-pdu.ts";
import type { TunnelArea } from "./areas.ts";
import { createBarriers } from "./barriers.ts";
import { mapAddress } from "./mapping.ts";
import type { TunnelRow } from "./read-plan.ts";
import { createTunnelReads, type TunnelReads } from "./reads.ts";
import { dataBlocks } from "./testing/blocks.ts";
import { blockAddresses, layouts } from "./testing/layouts.ts";
import { createMemoryClient } from "./testing/memory-client.ts";

const { signal } = new AbortController();
const blocks = dataBlocks();
const areas: readonly TunnelArea[] = [
  { kind: "holding", db: 1, startRegister: 0, endRegister: 999, byteBase: 0 },
  { kind: "coil", db: 2, startRegister: 0, endRegister: 7999, byteBase: 0 },
];
const everything = new Set<number>();

function address(text: string): S7Address {
  const parsed = parseS7Address(text);
  if ("problem" in parsed) throw new Error(parsed.problem.message);
  return parsed.address;
}

function rowsOf(addresses: readonly S7Address[], layout = areas): TunnelRow[] {
  return addresses.flatMap((wanted) => {
    const mapping = mapAddress(wanted, layout);
    return "problem" in mapping ? [] : [{ span: mapping.span, elementBytes: wanted.elementBytes }];
  });
}

const readsOf = (texts: readonly string[], maxGap = 8, barriers = createBarriers()): TunnelReads =>
  createTunnelReads(rowsOf(texts.map(address)), maxGap, barriers);

const spans = (asked: readonly ModbusRange[]): string[] =>
  asked.map(({ start, count }) => `${start}+${count}`);

const holds = (register: number) => (range: ModbusRange) =>
  range.start <= register && register < range.start + range.count;

function bytesOf(reads: TunnelReads, row: number, length: number): Buffer {
  const at = reads.positions[row] ?? -1;
  return reads.image.subarray(at, at + length);
}

const direct = (db: number, start: number, length: number) => blocks.get(db)?.subarray(start, start + length);

describe("reads through registers", () => {
  it("asks for neighbours together, and reads over small gaps only", async () => {
    const client = createMemoryClient(areas, blocks);
    const reads = readsOf(["DB1,REAL0", "DB1,REAL4", "DB1,INT20", "DB1,X21.3", "DB1,REAL100", "DB2,X7.1"]);
    expect(await reads.read(client, everything, signal)).toEqual(new Map());
    expect(spans(client.asked)).toEqual(["0+11", "50+2", "57+1"]);
    expect(bytesOf(reads, 1, 4)).toEqual(direct(1, 4, 4));
    expect(bytesOf(reads, 3, 1)).toEqual(direct(1, 21, 1));
    expect(reads.torn).toBe(0);
  });

  it("asks for more at once as the device gives it, and never for more than it may", async () => {
    const client = createMemoryClient(areas, blocks);
    const reads = readsOf(["DB1,INT0.400"]);
    for (let i = 0; i < 3; i += 1) await reads.read(client, everything, signal);
    expect(Math.max(...client.asked.map(({ count }) => count))).toBe(111);
    expect(client.asked.slice(-4).map(({ count }) => count)).toEqual([111, 111, 111, 67]);
    expect(reads.image).toEqual(direct(1, 0, 800));
    expect(reads.torn).toBe(1);
  });

  it("finds the hole in a range, brings the rest, and reads around it from then on", async () => {
    const client = createMemoryClient(areas, blocks, (range) => (holds(12)(range) ? 2 : 0));
    const reads = readsOf(["DB1,REAL0", "DB1,REAL8", "DB1,REAL16", "DB1,REAL24", "DB1,REAL32"]);
    const refused = await reads.read(client, everything, signal);
    expect([...refused.keys()]).toEqual([3]);
    expect(refused.get(3)?.diagnosis).toBe("MODBUS_ADDRESS_REFUSED");
    for (const row of [0, 1, 2, 4]) expect(bytesOf(reads, row, 4)).toEqual(direct(1, 8 * row, 4));
    client.asked.length = 0;
    await reads.read(client, new Set([3]), signal);
    expect(spans(client.asked)).toEqual(["0+10", "16+2"]);
  });

  it("reads around a hole that nobody asked for", async () => {
    const barriers = createBarriers();
    const client = createMemoryClient(areas, blocks, (range) => (holds(5)(range) ? 2 : 0));
    const reads = readsOf(["DB1,INT0", "DB1,INT4", "DB1,INT18", "DB1,INT20"], 8, barriers);
    expect((await reads.read(client, everything, signal)).size).toBe(0);
    expect(spans(client.asked)).toEqual(["0+11", "0+3", "9+2"]);
    client.asked.length = 0;
    await reads.read(client, everything, signal);
    expect(spans(client.asked)).toEqual(["0+3", "9+2"]);
    // Others that read the same device know it too.
    await readsOf(["DB1,INT4", "DB1,INT18"], 8, barriers).read(client, everything, signal);
    expect(spans(client.asked).slice(2)).toEqual(["2+1", "9+1"]);
  });

  it.each([2, 3])("asks for less where exception %i means that it was too much", async (code) => {
    const client = createMemoryClient(areas, blocks, (range) => (range.count > 40 ? code : 0));
    const reads = readsOf(["DB1,INT0.100", "DB1,INT300.20"]);
    for (let i = 0; i < 2; i += 1) expect((await reads.read(client, everything, signal)).size).toBe(0);
    expect(reads.image).toEqual(
      Buffer.concat([direct(1, 0, 200) ?? "", direct(1, 300, 40) ?? ""] as Buffer[]),
    );
    expect(client.limits.registers).toBeLessThanOrEqual(40);
    client.asked.length = 0;
    await reads.read(client, everything, signal);
    expect(client.asked.every(({ count }) => count <= 40)).toBe(true);
  });

  it("asks for less where silence is the answer to more than ever came", async () => {
    const silence = new FingerError("PLC_TIMEOUT", "no answer");
    const client = createMemoryClient(areas, blocks, (range) => (range.count > 32 ? silence : 0));
    const reads = readsOf(["DB1,INT0.100"]);
    await reads.read(client, everything, signal);
    expect((await reads.read(client, everything, signal)).size).toBe(0);
    expect(reads.image).toEqual(direct(1, 0, 200));
    expect(client.limits.registers).toBe(32);
  });

  it("does not ask a function again that the device does not serve", async () => {
    const client = createMemoryClient(areas, blocks, (range) => (range.table === "holding" ? 1 : 0));
    const reads = readsOf(["DB1,REAL0", "DB1,REAL400", "DB1,REAL800", "DB2,X0.0"]);
    expect([...(await reads.read(client, everything, signal)).keys()]).toEqual([0, 1, 2]);
    expect(spans(client.asked)).toEqual(["0+2", "0+1"]);
  });

  it.each([10, 11])("leaves a unit alone that exception %i calls away", async (code) => {
    const client = createMemoryClient(areas, blocks, () => code);
    const reads = readsOf(["DB1,REAL0", "DB1,REAL400", "DB2,X0.0"]);
    expect((await reads.read(client, everything, signal)).size).toBe(3);
    expect(client.asked).toHaveLength(1);
  });

  it("goes on after a failure of one request", async () => {
    const client = createMemoryClient(areas, blocks, (range) => (holds(200)(range) ? 4 : 0));
    const reads = readsOf(["DB1,REAL0", "DB1,REAL400", "DB1,REAL800"]);
    expect([...(await reads.read(client, everything, signal)).keys()]).toEqual([1]);
    expect(bytesOf(reads, 2, 4)).toEqual(direct(1, 800, 4));
  });

  it("passes on the end of the connection", async () => {
    const lost = new FingerError("PLC_UNREACHABLE", "gone", { diagnosis: "LINK_LOST" });
    const client = createMemoryClient(areas, blocks, () => lost);
    await expect(readsOf(["DB1,REAL0"]).read(client, everything, signal)).rejects.toBe(lost);
  });

  it("stops looking for holes after a while, and goes on in the next read", async () => {
    const texts = Array.from({ length: 400 }, (_, i) => `DB1,INT${4 * i}`);
    const client = createMemoryClient(areas, blocks, ({ start }) => (start < 800 ? 2 : 0));
    const reads = readsOf(texts);
    expect((await reads.read(client, everything, signal)).size).toBe(400);
    expect(client.asked.length).toBeLessThan(250);
  });

  it("brings the very bytes of the block, whatever is asked for together and whatever is missing", async () => {
    const holes = fc.array(fc.nat(700), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        layouts,
        fc.array(blockAddresses, { minLength: 1, maxLength: 20 }),
        holes,
        fc.integer({ min: 40, max: 125 }),
        async (layout, wanted, missing, most) => {
          const travelling = wanted.filter((one) => "span" in mapAddress(one, layout));
          const rows = rowsOf(travelling, layout);
          const reads = createTunnelReads(rows, 8, createBarriers());
          const isMissing = (range: ModbusRange) => missing.some((at) => holds(at)(range));
          const client = createMemoryClient(layout, blocks, (range) =>
            !isBitTable(range.table) && range.count > most ? 3 : isMissing(range) ? 2 : 0,
          );
          const refused = await reads.read(client, everything, signal);
          for (const [row, one] of travelling.entries()) {
            const span = rows[row]?.span;
            if (span === undefined || refused.has(row)) {
              expect(span !== undefined && isMissing(span)).toBe(true);
              continue;
            }
            const bytes = bytesOf(reads, row, one.byteLength);
            const straight = direct(one.db, one.start, one.byteLength);
            if (one.type !== "BOOL") expect(bytes).toEqual(straight);
            else {
              const first = ((straight?.[0] ?? 0) >> one.bit) & 1;
              expect(((bytes[0] ?? 0) >> one.bit) & 1).toBe(first);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
