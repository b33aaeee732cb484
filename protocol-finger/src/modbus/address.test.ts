import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, parseAddress } from "./address.ts";
import { BYTE_ORDERS, elementWidth, type ModbusAddress, REGISTERS, TABLES, WORD_ORDERS } from "./types.ts";

const plain = { bit: undefined, chars: 0, count: undefined, order: undefined, unit: undefined };

describe("modbus address", () => {
  it.each<[string, ModbusAddress]>([
    ["hr:100", { ...plain, table: "hr", start: 100, type: "UINT16" }],
    ["HR:100,float32", { ...plain, table: "hr", start: 100, type: "FLOAT32" }],
    [
      "hr:100,FLOAT32@CDAB#unit=3",
      { ...plain, table: "hr", start: 100, type: "FLOAT32", order: "CDAB", unit: 3 },
    ],
    ["ir:7,INT16[8]", { ...plain, table: "ir", start: 7, type: "INT16", count: 8 }],
    ["ir:7,INT16[8]@BA", { ...plain, table: "ir", start: 7, type: "INT16", count: 8, order: "BA" }],
    ["hr:20,STRING(16)", { ...plain, table: "hr", start: 20, type: "STRING", chars: 16 }],
    [
      "hr:20,STRING(5)[2]@BA",
      { ...plain, table: "hr", start: 20, type: "STRING", chars: 5, count: 2, order: "BA" },
    ],
    ["hr:10.3", { ...plain, table: "hr", start: 10, bit: 3, type: "BOOL" }],
    ["hr:10.15,BOOL", { ...plain, table: "hr", start: 10, bit: 15, type: "BOOL" }],
    ["coil:12", { ...plain, table: "coil", start: 12, type: "BOOL" }],
    ["di:0,BOOL[64]", { ...plain, table: "di", start: 0, type: "BOOL", count: 64 }],
    ["hr:65532,FLOAT64#unit=0", { ...plain, table: "hr", start: 65_532, type: "FLOAT64", unit: 0 }],
  ])("reads %s", (text, address) => {
    expect(parseAddress(text, 0)).toEqual({ ok: true, address });
  });

  it.each([
    ["40001", "hr", 0],
    ["40101", "hr", 100],
    ["400101", "hr", 100],
    ["465536", "hr", 65_535],
    ["30001", "ir", 0],
    ["10017", "di", 16],
    ["00017", "coil", 16],
    ["000017", "coil", 16],
  ])("counts the classic reference %s from 1", (text, table, start) => {
    for (const base of [0, 1] as const) {
      expect(parseAddress(text, base)).toMatchObject({ ok: true, address: { table, start } });
    }
  });

  it("takes types, orders and bits after a classic reference too", () => {
    expect(parseAddress("40101.3", 0)).toMatchObject({ address: { start: 100, bit: 3, type: "BOOL" } });
    expect(parseAddress("40101,INT32@DCBA#unit=9", 0)).toMatchObject({
      address: { start: 100, type: "INT32", order: "DCBA", unit: 9 },
    });
  });

  it("counts from 1 where the device's documents do", () => {
    expect(parseAddress("hr:1", 1)).toMatchObject({ address: { start: 0 } });
    expect(parseAddress("hr:65536", 1)).toMatchObject({ address: { start: 65_535 } });
    expect(parseAddress("hr:0", 1)).toEqual({
      ok: false,
      problem: { at: 3, message: "expected a number of 1 to 65536 (the first is 1: option addressBase)" },
    });
  });

  it.each([
    ["", 0, "expected hr: ir: di: coil: or a reference such as 40001"],
    ["xr:1", 0, "expected hr: ir: di: coil: or a reference such as 40001"],
    ["holding:1", 0, "unknown table holding; write hr:"],
    ["hr100", 2, "expected : between hr and number"],
    ["hr:", 3, "expected a number of 0 to 65535 (the first is 0: option addressBase)"],
    ["hr:65536", 3, "expected a number of 0 to 65535 (the first is 0: option addressBase)"],
    ["hr:-1", 3, "expected a number of 0 to 65535 (the first is 0: option addressBase)"],
    ["hr:1,REAL", 5, "unknown type REAL; write FLOAT32"],
    [
      "hr:1,COMPLEX",
      5,
      "unknown type COMPLEX; known types are BOOL INT16 UINT16 INT32 UINT32 INT64 UINT64 FLOAT32 FLOAT64 BCD16 BCD32 STRING(n)",
    ],
    [
      "hr:1,",
      5,
      "expected a type; known types are BOOL INT16 UINT16 INT32 UINT32 INT64 UINT64 FLOAT32 FLOAT64 BCD16 BCD32 STRING(n)",
    ],
    [
      "hr:1,toString",
      5,
      "unknown type TOSTRING; known types are BOOL INT16 UINT16 INT32 UINT32 INT64 UINT64 FLOAT32 FLOAT64 BCD16 BCD32 STRING(n)",
    ],
    ["hr:1,STRING", 11, "expected the length, as in STRING(16)"],
    ["hr:1,STRING(0)", 12, "expected a length of 1 to 250 characters"],
    ["hr:1,STRING(251)", 12, "expected a length of 1 to 250 characters"],
    ["hr:1,STRING(5", 13, "expected )"],
    ["hr:1,BOOL", 5, "which bit of the register? write hr:1.0"],
    ["hr:1.16", 5, "expected a bit of 0 (lowest) to 15"],
    ["hr:1.3,INT16", 7, "a single bit is a BOOL"],
    ["hr:1.3[4]", 6, "bits of a register make no array; read it as UINT16"],
    ["coil:1.3", 6, "a coil is one bit and has none inside"],
    ["di:1,INT16", 5, "a di is a BOOL"],
    ["hr:1,INT16[0]", 11, "expected a count of 1 to 65536"],
    ["hr:1,INT16[4", 12, "expected ]"],
    ["hr:1,INT16@ABCD", 11, "expected AB or BA for INT16"],
    ["hr:1,FLOAT32@BA", 13, "expected ABCD or CDAB or BADC or DCBA for FLOAT32"],
    ["coil:1@AB", 6, "a BOOL has no byte order"],
    ["hr:1#3", 5, "expected unit=N"],
    ["hr:1#unit=256", 10, "expected a unit of 0 to 255"],
    ["hr:1 ,INT16", 4, "expected the end; the order is PLACE,TYPE[COUNT]@ORDER#unit=N"],
    ["hr:1#unit=1,INT16", 11, "expected the end; the order is PLACE,TYPE[COUNT]@ORDER#unit=N"],
    ["hr:65535,FLOAT32", 16, "it would end at 65536; the last address is 65535"],
    ["hr:65000,INT16[1000]", 14, "it would end at 65999; the last address is 65535"],
    ["20001", 0, "a reference begins with 0 (coil), 1 (di), 3 (ir) or 4 (hr)"],
    ["4001", 0, "a reference has 5 or 6 digits, as 40001 or 400001; a protocol address is written hr:0"],
    ["40000", 1, "references count from 1 to 65536"],
    ["465537", 1, "references count from 1 to 65536"],
  ])("points at the character that is wrong: %s", (text, at, message) => {
    expect(parseAddress(text, 0)).toEqual({ ok: false, problem: { at, message } });
  });

  it("reads back whatever it writes, in either base", () => {
    fc.assert(
      fc.property(addresses, fc.constantFrom(0 as const, 1 as const), (address, base) => {
        expect(parseAddress(formatAddress(address, base), base)).toEqual({ ok: true, address });
      }),
    );
  });

  it("answers any text with an address or a character inside it", () => {
    const pieces = fc.constantFrom(
      "hr:",
      "coil:",
      "4",
      "0001",
      ",",
      "INT16",
      "STRING(",
      "[",
      "]",
      "@BA",
      "#unit=",
      "7",
      ".",
      " ",
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseAddress(text, 0);
        if (parsed.ok) return;
        expect(parsed.problem.at).toBeGreaterThanOrEqual(0);
        expect(parsed.problem.at).toBeLessThanOrEqual(text.length + 1);
      }),
    );
  });
});

const unit = fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined });
const count = fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined });
const start = fc.integer({ min: 0, max: 60_000 });

const bits = fc.record({
  table: fc.constantFrom("coil" as const, "di" as const),
  start,
  bit: fc.constant(undefined),
  type: fc.constant("BOOL" as const),
  chars: fc.constant(0),
  count,
  order: fc.constant(undefined),
  unit,
});

const registerBits = fc.record({
  table: fc.constantFrom("hr" as const, "ir" as const),
  start,
  bit: fc.integer({ min: 0, max: 15 }),
  type: fc.constant("BOOL" as const),
  chars: fc.constant(0),
  count: fc.constant(undefined),
  order: fc.constant(undefined),
  unit,
});

const numberTypes = [
  "INT16",
  "UINT16",
  "INT32",
  "UINT32",
  "INT64",
  "UINT64",
  "FLOAT32",
  "FLOAT64",
  "BCD16",
  "BCD32",
] as const;

const registers = fc
  .record({
    table: fc.constantFrom(...TABLES.filter((table) => table === "hr" || table === "ir")),
    start,
    bit: fc.constant(undefined),
    type: fc.constantFrom(...numberTypes, "STRING" as const),
    chars: fc.integer({ min: 1, max: 50 }),
    count,
    byteOrder: fc.constantFrom(undefined, ...BYTE_ORDERS),
    wordOrder: fc.constantFrom(undefined, ...WORD_ORDERS),
    unit,
  })
  .map(({ byteOrder, wordOrder, ...rest }): ModbusAddress => {
    const isNarrow = rest.type === "STRING" || REGISTERS[rest.type] === 1;
    return {
      ...rest,
      chars: rest.type === "STRING" ? rest.chars : 0,
      order: isNarrow ? byteOrder : wordOrder,
    };
  });

const addresses: fc.Arbitrary<ModbusAddress> = fc
  .oneof(bits, registerBits, registers)
  .filter((address) => address.start + elementWidth(address) * (address.count ?? 1) <= 65_536);
