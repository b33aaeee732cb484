import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseS7Address, type S7Address } from "./address.ts";

function address(text: string): S7Address {
  const parsed = parseS7Address(text);
  if ("problem" in parsed) throw new Error(`${text}: ${parsed.problem.message}`);
  return parsed.address;
}

function problem(text: string): { readonly at: number; readonly message: string } {
  const parsed = parseS7Address(text);
  if ("problem" in parsed) return parsed.problem;
  throw new Error(`${text} is an address`);
}

const scalar = (area: string, db: number, start: number, type: string, bytes: number, bit = 0) => ({
  area,
  db,
  start,
  bit,
  type,
  isArray: false,
  count: 1,
  elementBytes: bytes,
  byteLength: bytes,
});

describe("S7 address", () => {
  it.each([
    ["DB1,REAL0", scalar("DB", 1, 0, "REAL", 4)],
    ["db10,r4", scalar("DB", 10, 4, "REAL", 4)],
    ["DB10,INT6", scalar("DB", 10, 6, "INT", 2)],
    ["DB10,I6", scalar("DB", 10, 6, "INT", 2)],
    ["DB1,X0.3", scalar("DB", 1, 0, "BOOL", 1, 3)],
    ["DB1,BOOL7.0", scalar("DB", 1, 7, "BOOL", 1)],
    ["DB1,LR8", scalar("DB", 1, 8, "LREAL", 8)],
    ["DB1,LI16", scalar("DB", 1, 16, "LINT", 8)],
    ["DB1,DW4", scalar("DB", 1, 4, "DWORD", 4)],
    ["DB1,DI4", scalar("DB", 1, 4, "DINT", 4)],
    ["DB1,S5TIME2", scalar("DB", 1, 2, "S5TIME", 2)],
    ["DB1,BCD160", scalar("DB", 1, 0, "BCD16", 2)],
    ["DB1,BCD3210", scalar("DB", 1, 10, "BCD32", 4)],
    ["DB1,B16", scalar("DB", 1, 16, "BYTE", 1)],
    ["DB1,TOD4", scalar("DB", 1, 4, "TIME_OF_DAY", 4)],
    ["DB1,DT8", scalar("DB", 1, 8, "DATE_AND_TIME", 8)],
    ["DB1,DTZ8", scalar("DB", 1, 8, "DTZ", 8)],
    ["DB1,DTL8", scalar("DB", 1, 8, "DTL", 12)],
    ["DB1,DTLZ8", scalar("DB", 1, 8, "DTLZ", 12)],
    ["DB1,S10.20", scalar("DB", 1, 10, "STRING", 22)],
    ["DB1,WSTRING10.20", scalar("DB", 1, 10, "WSTRING", 44)],
    ["MREAL20", scalar("M", 0, 20, "REAL", 4)],
    ["MI6", scalar("M", 0, 6, "INT", 2)],
    ["MDI4", scalar("M", 0, 4, "DINT", 4)],
    ["M0.3", scalar("M", 0, 0, "BOOL", 1, 3)],
    ["MX0.3", scalar("M", 0, 0, "BOOL", 1, 3)],
    ["E1.7", scalar("I", 0, 1, "BOOL", 1, 7)],
    ["QB2", scalar("Q", 0, 2, "BYTE", 1)],
    ["AW2", scalar("Q", 0, 2, "WORD", 2)],
    ["MD10", scalar("M", 0, 10, "DWORD", 4)],
    ["PIW256", scalar("P", 0, 256, "WORD", 2)],
    ["PAR4", scalar("P", 0, 4, "REAL", 4)],
    ["T5", scalar("T", 0, 10, "S5TIME", 2)],
    ["C7", scalar("C", 0, 14, "COUNTER", 2)],
    ["Z7", scalar("C", 0, 14, "COUNTER", 2)],
    ["DB1.DBD0", scalar("DB", 1, 0, "DWORD", 4)],
    ["DB1.DBW4", scalar("DB", 1, 4, "WORD", 2)],
    ["DB1.DBB4", scalar("DB", 1, 4, "BYTE", 1)],
    ["DB1.DBX0.3", scalar("DB", 1, 0, "BOOL", 1, 3)],
    ["%DB1.DBX0.3", scalar("DB", 1, 0, "BOOL", 1, 3)],
    ["%MW10", scalar("M", 0, 10, "WORD", 2)],
    ["DB1.DBD0:REAL", scalar("DB", 1, 0, "REAL", 4)],
    ["db1.dbw0:int", scalar("DB", 1, 0, "INT", 2)],
    ["DB1.DBB8:LREAL", scalar("DB", 1, 8, "LREAL", 8)],
    ["DB1.DBB8:STRING.20", scalar("DB", 1, 8, "STRING", 22)],
    ["MD4:TIME", scalar("M", 0, 4, "TIME", 4)],
  ])("reads %s", (text, expected) => {
    expect(address(text)).toEqual(expected);
  });

  it.each([
    ["DB1,INT4.10", "INT", 10, 2, 20],
    ["DB2,INT0.8192", "INT", 8192, 2, 16_384],
    ["DB2,REAL0.1", "REAL", 1, 4, 4],
    ["DB1,X0.3.10", "BOOL", 10, 1, 2],
    ["M0.0.8", "BOOL", 8, 1, 1],
    ["DB1,S10.20.3", "STRING", 3, 22, 66],
    ["DB1,C22.30", "CHAR", 30, 1, 30],
    ["MW10.5", "WORD", 5, 2, 10],
    ["DB1.DBD0:REAL.100", "REAL", 100, 4, 400],
    ["DB1.DBX0.6:BOOL.4", "BOOL", 4, 1, 2],
    ["T3.4", "S5TIME", 4, 2, 8],
  ])("reads the array %s", (text, type, count, elementBytes, byteLength) => {
    expect(address(text)).toMatchObject({ type, isArray: true, count, elementBytes, byteLength });
  });

  it.each([
    ["", 0, "an address begins with"],
    ["Motor.Speed", 1, '"otor" is no S7 type'],
    ["VW10", 0, "an address begins with"],
    ["DB1,FOO0", 4, '"FOO0" is no S7 type'],
    ["DB1,", 4, "a type is missing"],
    ["DB1,REAL", 4, '"REAL" is no S7 type: write'],
    ["DB0,REAL0", 2, "numbered from 1"],
    ["DB70000,REAL0", 2, "at most 65535"],
    ["DB1;REAL0", 3, "write a comma"],
    ["DB1.REAL0", 3, "write a comma"],
    ["DB1.DBL0", 6, "the size is X"],
    ["DB1.DBD", 7, "the number of the first byte is missing"],
    ["DB1,REAL2097152", 8, "at most 2097151"],
    ["DB1,REAL2097150", 8, "beyond byte 2097151"],
    ["DB1,REAL0.600000", 10, "beyond byte 2097151"],
    ["DB1,X0", 6, "a bit needs its number"],
    ["DB1,X0.8", 7, "at most 7"],
    ["M10", 3, "a bit needs its number"],
    ["DB1.DBX4", 8, "a bit needs its number"],
    ["DB1,S10", 7, "needs its greatest length"],
    ["DB1,S10.255", 8, "at most 254"],
    ["DB1,S10.0", 8, "at least one character"],
    ["DB1,INT4.0", 9, "at least one element"],
    ["DB1,INT4.", 9, "the number of elements is missing"],
    ["DB1,REAL0 ", 9, 'end here, before " "'],
    ["DB1,REAL0.2.3", 11, "end here"],
    ["DB1.DBW0:REAL", 9, "REAL does not fit the size W: write B"],
    ["DB1.DBB0:BOOL", 9, "BOOL does not fit the size B: write X"],
    ["DB1.DBD0:FOO", 9, '"FOO" is no S7 type'],
    ["DB1.DBX0.1:INT", 11, "INT does not fit the size X"],
    ["T99999", 1, "at most 65535"],
    [" DB1,REAL0", 0, "an address begins with"],
  ])("points at the character where %j goes wrong", (text, at, message) => {
    const found = problem(text);
    expect(found.at).toBe(at);
    expect(found.message).toContain(message);
  });

  it("never throws, and points into the text or right behind it", () => {
    const words = fc.constantFrom(
      "DB1",
      ",",
      ".",
      "DBX",
      "REAL",
      "INT",
      "S",
      "M",
      "W",
      "0",
      "7",
      "300",
      ":",
      "%",
      "é",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(words).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (any) => {
        const parsed = parseS7Address(any);
        if ("problem" in parsed) {
          expect(parsed.problem.at).toBeGreaterThanOrEqual(0);
          expect(parsed.problem.at).toBeLessThanOrEqual(any.length);
        } else expect(parsed.address.byteLength).toBeGreaterThan(0);
      }),
    );
  });

  it("means the same in both notations", () => {
    const number = fc.integer({ min: 1, max: 65_535 });
    const start = fc.integer({ min: 0, max: 60_000 });
    const type = fc.constantFrom("REAL", "INT", "DINT", "LREAL", "USINT", "DTL");
    fc.assert(
      fc.property(number, start, type, fc.integer({ min: 1, max: 500 }), (db, first, name, count) => {
        expect(address(`DB${db},${name}${first}.${count}`)).toEqual(
          address(`DB${db}.DBB${first}:${name}.${count}`),
        );
      }),
    );
  });
});
