import { expect, it } from "vitest";
import { parseModbusAddress } from "./modbus-address.ts";
import { bitValue, registerValue } from "./modbus-value.ts";

const profile = { addressBase: 0, wordOrder: "ABCD" } as const;
const value = (text: string, ...registers: number[]) =>
  registerValue(parseModbusAddress(text, profile), Uint16Array.from(registers));

it.each([
  { text: "hr:0", registers: [0xfffe], is: 65_534 },
  { text: "hr:0,INT16", registers: [0xfffe], is: -2 },
  { text: "hr:0,INT16@BADC", registers: [0xfffe], is: -2 },
  { text: "hr:0,UINT32", registers: [0x1234, 0x5678], is: 0x12345678 },
  { text: "hr:0,UINT32@CDAB", registers: [0x5678, 0x1234], is: 0x12345678 },
  { text: "hr:0,UINT32@BADC", registers: [0x3412, 0x7856], is: 0x12345678 },
  { text: "hr:0,UINT32@DCBA", registers: [0x7856, 0x3412], is: 0x12345678 },
  { text: "hr:0,INT32", registers: [0xffff, 0xfffe], is: -2 },
  { text: "hr:0,FLOAT32", registers: [0x41ac, 0], is: 21.5 },
  { text: "hr:0,FLOAT64", registers: [0x4035, 0x8000, 0, 0], is: 21.5 },
  { text: "hr:0,INT64", registers: [0, 0, 0, 7], is: 7 },
  { text: "hr:0,UINT64", registers: [0xffff, 0xffff, 0xffff, 0xffff], is: "18446744073709551615" },
  { text: "hr:0,INT64", registers: [0x8000, 0, 0, 0], is: "-9223372036854775808" },
  { text: "hr:0.0", registers: [0b10], is: false },
  { text: "hr:0.1", registers: [0b10], is: true },
  { text: "hr:0,INT32[2]", registers: [0, 1, 0, 2], is: [1, 2] },
])("$text of $registers is $is", ({ text, registers, is }) => {
  expect(value(text, ...registers)).toEqual(is);
});

it("bits are booleans, one or several", () => {
  expect(bitValue(parseModbusAddress("coil:0", profile), Uint8Array.of(1))).toBe(true);
  expect(bitValue(parseModbusAddress("coil:0[2]", profile), Uint8Array.of(0, 1))).toEqual([false, true]);
});
