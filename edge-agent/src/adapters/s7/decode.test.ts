import { parseS7Address } from "@stethos/protocol-finger/s7";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StatusCode } from "../../core/quality.ts";
import { type RawColumns, rawColumns } from "../../core/reading.ts";
import { createRowDecoder } from "./decode.ts";

function decode(address: string, hex: string, at = 0): RawColumns {
  const parsed = parseS7Address(address);
  if ("problem" in parsed) throw new Error(parsed.problem.message);
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  const out = rawColumns(1, 0);
  createRowDecoder(parsed.address)(new DataView(bytes.buffer), at, out, 0);
  return out;
}

describe("S7 value", () => {
  it.each([
    ["DB1,BYTE0", "ff", 255],
    ["DB1,USINT0", "80", 128],
    ["DB1,SINT0", "80", -128],
    ["DB1,WORD0", "fffe", 65_534],
    ["DB1,UINT0", "fffe", 65_534],
    ["DB1,INT0", "fffe", -2],
    ["DB1,DWORD0", "fffffffe", 4_294_967_294],
    ["DB1,UDINT0", "00000001", 1],
    ["DB1,DINT0", "fffffffe", -2],
    ["DB1,TIME0", "ffffff9c", -100],
    ["DB1,REAL0", "c0490fdb", -3.1415927410125732],
    ["DB1,LREAL0", "400921fb54442d18", Math.PI],
    ["DB1,LINT0", "ffffffffffffffff", -1],
    ["DB1,ULINT0", "001fffffffffffff", Number.MAX_SAFE_INTEGER],
    ["DB1,LWORD0", "0000000000000010", 16],
    ["DB1,LTIME0", "00000000000003e8", 1000],
    ["DB1,LTOD0", "00000000000003e8", 1000],
    ["DB1,BCD160", "0987", 987],
    ["DB1,BCD160", "f012", -12],
    ["DB1,BCD160", "f000", 0],
    ["DB1,BCD320", "09999999", 9_999_999],
    ["DB1,BCD320", "f0000042", -42],
    ["DB1,S5TIME0", "0127", 1270],
    ["DB1,S5TIME0", "1127", 12_700],
    ["DB1,S5TIME0", "2127", 127_000],
    ["DB1,S5TIME0", "3999", 9_990_000],
    ["T5", "0127", 1270],
    ["C5", "0123", 123],
    ["DB1,TOD0", "05265bff", 86_399_999],
  ])("reads %s from %s", (address, hex, expected) => {
    const out = decode(address, hex);
    expect(out.value[0]).toBe(expected);
    expect(out.status[0]).toBe(StatusCode.Good);
    expect(out.other.size).toBe(0);
  });

  it.each([
    ["DB1,LINT0", "7fffffffffffffff", "9223372036854775807"],
    ["DB1,LINT0", "8000000000000000", "-9223372036854775808"],
    ["DB1,ULINT0", "ffffffffffffffff", "18446744073709551615"],
    ["DB1,LWORD0", "0020000000000000", "9007199254740992"],
    ["DB1,CHAR0", "e9", "é"],
    ["DB1,C0.4", "50756d70", "Pump"],
    ["DB1,WCHAR0", "20ac", "€"],
    ["DB1,WCHAR0.2", "20ac0041", "€A"],
    ["DB1,S0.6", "060450756d700000", "Pump"],
    ["DB1,S0.6", "0600505050505050", ""],
    ["DB1,WSTRING0.3", "0003000220ac00410000", "€A"],
    ["DB1,DATE0", "0000", "1990-01-01"],
    ["DB1,DATE0", "ff62", "2168-12-31"],
    ["DB1,DT0", "26 11 23 08 15 30 12 32", "2026-11-23T08:15:30.123"],
    ["DB1,DT0", "90 01 01 00 00 00 00 02", "1990-01-01T00:00:00.000"],
    ["DB1,DTZ0", "89 12 31 23 59 59 99 97", "2089-12-31T23:59:59.999Z"],
    ["DB1,DTL0", "07ea 0b 17 02 08 0f 1e 075bcd15", "2026-11-23T08:15:30.123456789"],
    ["DB1,DTLZ0", "07e8 02 1d 05 00 00 00 00000000", "2024-02-29T00:00:00.000000000Z"],
    ["DB1,LDT0", "000000003b9aca01", "1970-01-01T00:00:01.000000001"],
    ["DB1,LDT0", "7fffffffffffffff", "2262-04-11T23:47:16.854775807"],
  ])("reads %s from %s as text", (address, hex, expected) => {
    const out = decode(address, hex);
    expect(out.other.get(0)).toBe(expected);
    expect(out.value[0]).toBeNaN();
    expect(out.status[0]).toBe(StatusCode.Good);
  });

  it("reads a bit as 0 or 1 and as true or false", () => {
    const set = decode("DB1,X0.3", "08");
    const clear = decode("DB1,X0.3", "f7");
    expect([set.value[0], set.other.get(0)]).toEqual([1, true]);
    expect([clear.value[0], clear.other.get(0)]).toEqual([0, false]);
  });

  it.each([
    ["DB1,INT0.3", "0001fffe7fff", [1, -2, 32_767]],
    ["DB1,X0.6.4", "8001", [false, true, true, false]],
    ["DB1,LINT0.2", "00000000000000017fffffffffffffff", [1, "9223372036854775807"]],
    ["DB1,S0.2.2", "0201410002024243", ["A", "BC"]],
    ["DB1,DATE0.2", "00000001", ["1990-01-01", "1990-01-02"]],
  ])("reads the array %s", (address, hex, expected) => {
    expect(decode(address, hex).other.get(0)).toEqual(expected);
  });

  it.each([
    ["DB1,REAL0", "7fc00000"],
    ["DB1,REAL0", "7f800000"],
    ["DB1,LREAL0", "fff0000000000000"],
    ["DB1,REAL0.2", "3f8000007fc00000"],
  ])("says out of range of %s from %s and gives no value", (address, hex) => {
    const out = decode(address, hex);
    expect(out.status[0]).toBe(StatusCode.BadOutOfRange);
    expect(out.value[0]).toBeNaN();
    expect(out.other.size).toBe(0);
  });

  it.each([
    ["a BCD digit above 9", "DB1,BCD160", "00a0"],
    ["a BCD sign that is none, as an unsigned number has it", "DB1,BCD160", "1234"],
    ["an S5TIME that is no BCD", "DB1,S5TIME0", "0fff"],
    ["a counter that is no BCD", "C0", "0abc"],
    ["a time of day beyond midnight", "DB1,TOD0", "05265c00"],
    ["a DATE beyond 2168", "DB1,DATE0", "ff63"],
    ["a month 13", "DB1,DT0", "26 13 23 08 15 30 12 32"],
    ["a 30th of February", "DB1,DT0", "26 02 30 08 15 30 12 32"],
    ["a DATE_AND_TIME of zeros", "DB1,DT0", "00 00 00 00 00 00 00 00"],
    ["milliseconds that are no BCD", "DB1,DT0", "26 11 23 08 15 30 1f f2"],
    ["hours that are no BCD", "DB1,DTZ0", "26 11 23 0a 15 30 12 32"],
    ["a DTL before 1970", "DB1,DTL0", "07b1 0b 17 02 08 0f 1e 00000000"],
    ["a DTL with 60 minutes", "DB1,DTL0", "07ea 0b 17 02 08 3c 1e 00000000"],
    ["a DTL with a second of nanoseconds", "DB1,DTL0", "07ea 0b 17 02 08 0f 1e 3b9aca00"],
    ["an LDT below zero", "DB1,LDT0", "8000000000000000"],
    ["a text longer than its field", "DB1,S0.2", "02034142"],
    ["a wide text longer than its field", "DB1,WSTRING0.1", "000100020041"],
    ["a lone surrogate", "DB1,WCHAR0", "d800"],
    ["an array with one bad element", "DB1,BCD160.2", "000100aa"],
    ["an array of texts with a bad one", "DB1,S0.1.2", "0101410102"],
    ["fewer bytes than the type has", "DB1,REAL0", "000000"],
    ["fewer bytes than the array has", "DB1,INT0.2", "000000"],
  ])("says encoding invalid of %s", (_, address, hex) => {
    const out = decode(address, hex);
    expect(out.status[0]).toBe(StatusCode.BadDataEncodingInvalid);
    expect(out.value[0]).toBeNaN();
    expect(out.other.size).toBe(0);
  });

  it("reads where it is told to", () => {
    expect(decode("DB1,INT0", "0000 0007", 2).value[0]).toBe(7);
  });

  it("gives back every number that a REAL and an INT can hold", () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: -32_768, max: 32_767 }),
        (real, int) => {
          const bytes = Buffer.alloc(6);
          bytes.writeFloatBE(real, 0);
          bytes.writeInt16BE(int, 4);
          const hex = bytes.toString("hex");
          expect(decode("DB1,REAL0", hex).value[0]).toBe(real);
          expect(decode("DB1,INT0", hex, 4).value[0]).toBe(int);
        },
      ),
    );
  });

  it("is a value or a bad status for any bytes of any type, never an exception", () => {
    const type = fc.constantFrom(
      "BCD320",
      "DT0",
      "DTL0",
      "LDT0",
      "DATE0",
      "S0.8",
      "WS0.4",
      "LREAL0",
      "X0.1.9",
      "WCHAR0.3",
    );
    fc.assert(
      fc.property(type, fc.uint8Array({ maxLength: 24 }), (name, bytes) => {
        const out = decode(`DB1,${name}`, Buffer.from(bytes).toString("hex"));
        const hasValue = out.other.size === 1 || Number.isFinite(out.value[0]);
        expect(hasValue).toBe(out.status[0] === StatusCode.Good);
      }),
    );
  });
});
