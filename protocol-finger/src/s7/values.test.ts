import { describe, expect, it } from "vitest";
import { parseS7Address } from "./address.ts";
import { decodeS7Value } from "./values.ts";

function decode(text: string, hex: string, at = 0): unknown {
  const parsed = parseS7Address(text);
  if ("problem" in parsed) throw new Error(parsed.problem.message);
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  return decodeS7Value(parsed.address, new DataView(bytes.buffer), at);
}

// Every type is tried in edge-agent/src/adapters/s7/decode.test.ts, through the columns that are made of it.
describe("S7 value", () => {
  it.each([
    ["DB1,REAL0", "3fc00000", 1.5],
    ["DB1,INT0.3", "0001fffe7fff", [1, -2, 32_767]],
    ["DB1,X0.3", "08", true],
    ["DB1,X0.6.4", "8001", [false, true, true, false]],
    ["DB1,LINT0", "7fffffffffffffff", "9223372036854775807"],
    ["DB1,C0.4", "50756d70", "Pump"],
    ["DB1,S0.6", "060450756d700000", "Pump"],
    ["DB1,WSTRING0.3", "0003000220ac00410000", "€A"],
    ["DB1,DT0", "2611230815301232", "2026-11-23T08:15:30.123"],
  ])("is read of %s", (address, hex, expected) => {
    expect(decode(address, hex)).toEqual(expected);
  });

  it("is read where it is told to", () => {
    expect(decode("DB1,INT0", "0000 0007", 2)).toBe(7);
  });

  it("is undefined where the bytes are none of the type, or too few", () => {
    expect(decode("DB1,BCD160", "00a0")).toBeUndefined();
    expect(decode("DB1,BCD160.2", "000100aa")).toBeUndefined();
    expect(decode("DB1,REAL0", "000000")).toBeUndefined();
  });

  it("is NaN or infinite where a REAL is, also in an array", () => {
    expect(decode("DB1,REAL0", "7fc00000")).toBeNaN();
    expect(decode("DB1,REAL0.2", "3f8000007f800000")).toBe(Number.POSITIVE_INFINITY);
  });
});
