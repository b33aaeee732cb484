import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.ts";
import { createModbusReader } from "./values.ts";

function read(text: string, hex: string, at = 0): unknown {
  const parsed = parseAddress(text, 0);
  if (!parsed.ok) throw new TypeError(parsed.problem.message);
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  return createModbusReader(parsed.address, "ABCD")(new DataView(bytes.buffer), at);
}

// Every type in every order is tried in edge-agent/src/adapters/modbus/decode.test.ts, through the columns made of it.
describe("Modbus value", () => {
  it.each([
    ["hr:0", "fffe", 65_534],
    ["hr:0,INT16@BA", "feff", -2],
    ["hr:0,UINT32@CDAB", "56781234", 0x12345678],
    ["hr:0,FLOAT64", "4035800000000000", 21.5],
    ["hr:0,INT64", "8000000000000000", "-9223372036854775808"],
    ["hr:0,BCD16@BA", "7698", 9876],
    ["hr:0,BCD32@CDAB", "56781234", 12_345_678],
    ["hr:0,STRING(5)", "50756d703100", "Pump1"],
    ["hr:0,STRING(4)@BA", "7550706d", "Pump"],
    ["ir:0.9", "0200", true],
    ["coil:0", "02", false],
  ])("%s of %s is %s", (text, hex, value) => {
    expect(read(text, hex)).toBe(value);
  });

  it("is read where it is told to: by bytes, of coils by bits", () => {
    expect(read("hr:0,INT16", "0000 0007", 2)).toBe(7);
    expect(read("coil:0", "0002", 9)).toBe(true);
  });

  it("takes the order that is usual where the address names none", () => {
    const parsed = parseAddress("hr:0,UINT32", 0);
    if (!parsed.ok) throw new TypeError(parsed.problem.message);
    const view = new DataView(Uint8Array.of(3, 4, 1, 2).buffer);
    expect(createModbusReader(parsed.address, "CDAB")(view, 0)).toBe(0x01020304);
  });

  it("is undefined where a BCD digit is none", () => {
    expect(read("hr:0,BCD16", "123a")).toBeUndefined();
    expect(read("hr:0,BCD32@BADC", "000000f0")).toBeUndefined();
  });

  it("is NaN or infinite where a float is", () => {
    expect(read("hr:0,FLOAT32", "7fc00000")).toBeNaN();
    expect(read("hr:0,FLOAT32@DCBA", "000080ff")).toBe(Number.NEGATIVE_INFINITY);
  });

  it("reads any 64-bit integer exactly, as a number where a number can hold it", () => {
    const orders = fc.constantFrom("ABCD", "CDAB", "BADC", "DCBA");
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), orders, (value, order) => {
        const big = Buffer.alloc(8);
        big.writeBigInt64BE(value);
        const hex = order === "DCBA" ? big.toReversed() : reordered(big, order);
        const found = read(`hr:0,INT64@${order}`, Buffer.from(hex).toString("hex"));
        expect(BigInt(found as number | string)).toBe(value);
        expect(typeof found).toBe(Number.isSafeInteger(Number(value)) ? "number" : "string");
      }),
    );
  });
});

/** Registers in reverse, or the bytes of each exchanged. */
function reordered(bytes: Buffer, order: string): Buffer {
  const registers = [0, 2, 4, 6].map((at) => bytes.subarray(at, at + 2));
  if (order === "CDAB") return Buffer.concat(registers.toReversed());
  return order === "BADC" ? Buffer.from(bytes).swap16() : bytes;
}
