import { describe, expect, it } from "vitest";
import { looksLikeModbus, parseModbusAddress } from "./modbus-address.ts";

const profile = { addressBase: 0, wordOrder: "ABCD" } as const;

describe("a Modbus address", () => {
  it.each([
    { text: "hr:100", is: { table: "holding", start: 100, type: "UINT16", length: 1, order: "ABCD" } },
    {
      text: "HR:7,float32@cdab",
      is: { table: "holding", start: 7, type: "FLOAT32", length: 2, order: "CDAB" },
    },
    {
      text: "ir:0,INT64[3]",
      is: { table: "input", start: 0, type: "INT64", length: 12, count: 3, order: "ABCD" },
    },
    { text: "hr:5.15", is: { table: "holding", start: 5, type: "BOOL", length: 1, bit: 15, order: "ABCD" } },
    { text: "coil:9", is: { table: "coil", start: 9, type: "BOOL", length: 1, order: "ABCD" } },
    {
      text: "di:0[8]",
      is: { table: "discrete", start: 0, type: "BOOL", length: 8, count: 8, order: "ABCD" },
    },
    { text: "40001", is: { table: "holding", start: 0, type: "UINT16", length: 1, order: "ABCD" } },
    { text: "300010,INT16", is: { table: "input", start: 9, type: "INT16", length: 1, order: "ABCD" } },
    { text: "10008", is: { table: "discrete", start: 7, type: "BOOL", length: 1, order: "ABCD" } },
    { text: "00001", is: { table: "coil", start: 0, type: "BOOL", length: 1, order: "ABCD" } },
    { text: "hr:65535", is: { table: "holding", start: 65_535, type: "UINT16", length: 1, order: "ABCD" } },
  ])("$text is understood", ({ text, is }) => {
    expect(parseModbusAddress(text, profile)).toEqual(is);
    expect(looksLikeModbus(text)).toBe(true);
  });

  it("counts from where the device counts, references always from 1", () => {
    const oneBased = { addressBase: 1, wordOrder: "CDAB" } as const;
    expect(parseModbusAddress("hr:1", oneBased)).toMatchObject({ start: 0, order: "CDAB" });
    expect(parseModbusAddress("40001", oneBased).start).toBe(0);
    expect(() => parseModbusAddress("hr:0", oneBased)).toThrow(/65,536 addresses/);
  });

  it.each([
    { text: "DB1,REAL0", what: /write "hr:0"/ },
    { text: "hr:1,DOUBLE", what: /types are BOOL INT16/ },
    { text: "hr:1,BOOL", what: /which bit of the register/ },
    { text: "coil:1,INT16", what: /a bit is a BOOL/ },
    { text: "hr:1.16", what: /bits 0 to 15/ },
    { text: "coil:1.2", what: /bits 0 to 15/ },
    { text: "hr:1[0]", what: /1 to 125/ },
    { text: "hr:1[126]", what: /1 to 125/ },
    { text: "hr:1.2[2]", what: /no bits of a register/ },
    { text: "hr:65535,INT32", what: /65,536/ },
    { text: "40000", what: /65,536/ },
  ])("$text is refused with the mend", ({ text, what }) => {
    expect(() => parseModbusAddress(text, profile)).toThrow(what);
  });
});
