import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseS7Address, type S7Address } from "../s7/address.ts";
import { isBitTable, MODBUS_TABLES } from "../wire/modbus-pdu.ts";
import { type TunnelArea, tunnelAreas } from "./areas.ts";
import { answerOf, bytesBehind, copyOut, mapAddress, mapPlace } from "./mapping.ts";
import { cutSpan } from "./pieces.ts";
import { dataBlocks, tableAnswer } from "./testing/blocks.ts";
import { blockAddresses, layouts } from "./testing/layouts.ts";

const holding = { kind: "holding", db: 1, startRegister: 100, endRegister: 199, byteBase: 0 } as const;
const coils = { kind: "coil", db: 2, startRegister: 16, endRegister: 27, byteBase: 4 } as const;
const areas: readonly TunnelArea[] = [
  holding,
  coils,
  { ...holding, db: 3, startRegister: 300, endRegister: 309, byteBase: 20 },
];
const blocks = dataBlocks();

function address(text: string): S7Address {
  const parsed = parseS7Address(text);
  if ("problem" in parsed) throw new Error(parsed.problem.message);
  return parsed.address;
}

function span(text: string) {
  const mapping = mapAddress(address(text), areas);
  if ("problem" in mapping) throw new Error(mapping.problem.message);
  const { table, start, count, skip } = mapping.span;
  return [table, start, count, skip];
}

function problem(text: string): string {
  const mapping = mapAddress(address(text), areas);
  return "problem" in mapping ? mapping.problem.message : "";
}

/** The bytes of an address as they come through the tables, in pieces of at most `most`. */
function throughTables(wanted: S7Address, layout: readonly TunnelArea[], most: number): Buffer | undefined {
  const mapping = mapAddress(wanted, layout);
  if ("problem" in mapping) return undefined;
  const out = Buffer.alloc(wanted.byteLength, 0xaa);
  for (const piece of cutSpan(mapping.span, wanted.elementBytes, most)) {
    expect(piece.span.count).toBeLessThanOrEqual(most);
    const raw = tableAnswer(piece.span, layout, blocks);
    if (raw === undefined) throw new Error("the mapping leaves its area");
    copyOut(piece.span, piece.span.start, raw, out, piece.at);
  }
  return out;
}

/** The bits of an address, straight from the block; all of them for what is no BOOL. */
function bitsOf(bytes: Buffer, { type, bit, count, byteLength }: S7Address): number[] {
  const first = type === "BOOL" ? bit : 0;
  const many = type === "BOOL" ? count : 8 * byteLength;
  return Array.from({ length: many }, (_, i) => ((bytes[(first + i) >> 3] ?? 0) >> ((first + i) & 7)) & 1);
}

describe("mapping of S7 addresses to registers", () => {
  it.each([
    ["DB1.DBW0", "holding", 100, 1, 0],
    ["DB1.DBW8", "holding", 104, 1, 0],
    ["DB1.DBW9", "holding", 104, 2, 1],
    ["DB1.DBB8", "holding", 104, 1, 0],
    ["DB1.DBB9", "holding", 104, 1, 1],
    ["DB1.DBX8.3", "holding", 104, 1, 0],
    ["DB1.DBX9.3", "holding", 104, 1, 1],
    ["DB1,REAL4", "holding", 102, 2, 0],
    ["DB1,REAL5", "holding", 102, 3, 1],
    ["DB1,LREAL8", "holding", 104, 4, 0],
    ["DB1,DT10", "holding", 105, 4, 0],
    ["DB1,S10.20", "holding", 105, 11, 0],
    ["DB1,INT0.100", "holding", 100, 100, 0],
    ["DB3,REAL20", "holding", 300, 2, 0],
    ["DB2,X4.0", "coil", 16, 1, 0],
    ["DB2,X5.3", "coil", 27, 1, 3],
    ["DB2,X4.6.5", "coil", 22, 5, 6],
    ["DB2,B4", "coil", 16, 8, 0],
  ])("puts %s at %s %i", (text, ...expected) => {
    expect(span(text)).toEqual(expected);
  });

  it.each([
    ["MW10", "bit memory (M) cannot travel through Modbus registers"],
    ["I0.3", "inputs (I) cannot travel"],
    ["QB2", "outputs (Q) cannot travel"],
    ["PIW256", "peripheral addresses (PI, PQ) cannot travel"],
    ["T5", "timers (T) cannot travel"],
    ["C7", "counters (C) cannot travel"],
    ["DB9,REAL0", "DB9 has no area of registers; there are areas for DB1, DB2, DB3"],
    [
      "DB1,REAL200",
      "no area of registers has bytes 200 to 203 of DB1: holding 100 to 199 (DB1, bytes 0 to 199)",
    ],
    ["DB1,REAL198", "bytes 198 to 201 of DB1 cannot be had from one area"],
    ["DB3,INT18", "no area of registers has bytes 18 to 19 of DB3"],
    ["DB2,X5.4", "byte 5 of DB2 cannot be had from one area"],
    ["DB2,B5", "byte 5 of DB2 cannot be had from one area"],
  ])("says why %s cannot travel", (text, message) => {
    expect(problem(text)).toContain(message);
  });

  it("does not join two areas, though they meet in the block", () => {
    const meeting = [holding, { ...holding, startRegister: 200, endRegister: 299, byteBase: 200 }];
    expect(mapAddress(address("DB1,REAL198"), meeting)).toMatchObject({
      problem: { message: expect.stringContaining("cannot be had from one area") },
    });
    expect(mapAddress(address("DB1,REAL200"), meeting)).toMatchObject({ span: { start: 200 } });
  });

  it("takes the first area that has all of the address", () => {
    const twice = [
      { ...holding, endRegister: 101 },
      { ...holding, kind: "input" as const },
    ];
    expect(mapAddress(address("DB1,REAL0"), twice)).toMatchObject({ span: { table: "holding", start: 100 } });
    expect(mapAddress(address("DB1,REAL2"), twice)).toMatchObject({ span: { table: "input", start: 101 } });
  });

  it("brings through registers the very bytes of the block, for any layout, address and block size", () => {
    let travelled = 0;
    fc.assert(
      fc.property(layouts, blockAddresses, fc.integer({ min: 8, max: 125 }), (layout, wanted, most) => {
        expect(tunnelAreas.safeParse(layout).success).toBe(true);
        const bytes = throughTables(wanted, layout, most);
        if (bytes === undefined) return;
        travelled += 1;
        const direct = blocks.get(wanted.db)?.subarray(wanted.start, wanted.start + wanted.byteLength);
        expect(bitsOf(bytes, wanted)).toEqual(bitsOf(direct ?? Buffer.alloc(0), wanted));
      }),
      { numRuns: 3000 },
    );
    expect(travelled).toBeGreaterThan(100);
  });

  it("refuses an address exactly where no single area has all its bytes", () => {
    fc.assert(
      fc.property(layouts, blockAddresses, (layout, wanted) => {
        const first = 8 * wanted.start + (wanted.type === "BOOL" ? wanted.bit : 0);
        const bits = wanted.type === "BOOL" ? wanted.count : 8 * wanted.byteLength;
        const isIn = layout.some((area) => {
          const from = 8 * area.byteBase;
          const size = (area.endRegister - area.startRegister + 1) * (isBitTable(area.kind) ? 1 : 16);
          return area.db === wanted.db && first >= from && first + bits <= from + size;
        });
        expect("span" in mapAddress(wanted, layout)).toBe(isIn);
      }),
      { numRuns: 1000 },
    );
  });

  it("cuts between elements, so that no value comes in two requests", () => {
    fc.assert(
      fc.property(layouts, blockAddresses, fc.integer({ min: 8, max: 125 }), (layout, wanted, most) => {
        const mapping = mapAddress(wanted, layout);
        if (
          "problem" in mapping ||
          wanted.elementBytes > (isBitTable(mapping.span.table) ? most >> 3 : 2 * most - 1)
        )
          return;
        const pieces = cutSpan(mapping.span, wanted.elementBytes, most);
        for (const { at } of pieces) expect(at % wanted.elementBytes).toBe(0);
        const bytes = pieces.reduce((sum, { span: part }) => sum + part.byteLength, 0);
        expect(bytes).toBe(wanted.byteLength);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("mapping of registers to S7 bytes", () => {
  it("finds what a range stands for, within one area", () => {
    expect(bytesBehind({ table: "holding", start: 104, count: 3 }, areas)).toEqual({
      db: 1,
      start: 8,
      byteLength: 6,
      bit: 0,
    });
    expect(bytesBehind({ table: "coil", start: 19, count: 9 }, areas)).toEqual({
      db: 2,
      start: 4,
      byteLength: 2,
      bit: 3,
    });
    for (const range of [
      { table: "holding", start: 99, count: 2 },
      { table: "holding", start: 199, count: 2 },
      { table: "input", start: 100, count: 1 },
      { table: "coil", start: 28, count: 1 },
    ] as const) {
      expect(bytesBehind(range, areas)).toBeUndefined();
    }
  });

  it("answers from the block what the registers hold, for any layout and range", () => {
    let answered = 0;
    const range = fc.record({
      table: fc.constantFrom(...MODBUS_TABLES),
      start: fc.nat(900),
      count: fc.integer({ min: 1, max: 125 }),
    });
    fc.assert(
      fc.property(layouts, range, (layout, wanted) => {
        const place = bytesBehind(wanted, layout);
        if (place === undefined) return;
        answered += 1;
        const block = blocks.get(place.db) ?? Buffer.alloc(0);
        const bytes = block.subarray(place.start, place.start + place.byteLength);
        expect(answerOf(wanted.table, wanted.count, bytes, place)).toEqual(
          tableAnswer(wanted, layout, blocks),
        );
      }),
      { numRuns: 2000 },
    );
    expect(answered).toBeGreaterThan(50);
  });

  it("leads back to the registers it came from", () => {
    fc.assert(
      fc.property(layouts, blockAddresses, (layout, wanted) => {
        const mapping = mapAddress(wanted, layout);
        if ("problem" in mapping) return;
        const { span: there } = mapping;
        const place = bytesBehind(there, layout);
        if (place === undefined) throw new Error("no way back");
        const bits = isBitTable(there.table) ? { bit: place.bit, bits: there.count } : {};
        const back = mapPlace({ area: "DB", ...place, ...bits }, [there.area]);
        expect(back).toMatchObject({ table: there.table, start: there.start, count: there.count });
      }),
      { numRuns: 1000 },
    );
  });
});
