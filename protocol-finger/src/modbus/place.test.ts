import { expect, it } from "vitest";
import { parseS7Address } from "../s7/address.ts";
import { looksLikeModbus } from "./place.ts";

it.each(["hr:0", "HR:7,FLOAT32", "coil:9", "40001", "hr:1,REAL", "hr:99999", "holding:1", "7"])(
  "%s is meant for a Modbus address, right or wrong",
  (text) => {
    expect(looksLikeModbus(text)).toBe(true);
    expect(parseS7Address(text)).toHaveProperty("problem");
  },
);

it.each([
  "",
  "hr",
  "DB1,REAL0",
  "DB1.DBW4:INT",
  "MW10",
  "I0.0",
  "DI1.DBX0.0",
  "ns=2;s=hr:0",
  "i=85",
  "temperature",
])("%s is not", (text) => {
  expect(looksLikeModbus(text)).toBe(false);
});
