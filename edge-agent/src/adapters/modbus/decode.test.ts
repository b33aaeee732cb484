import { parseAddress, type WordOrder } from "@stethos/protocol-finger/modbus";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StatusCode } from "../../core/quality.ts";
import { rawColumns } from "../../core/reading.ts";
import { decodeSamples, decodeSlice, markBad } from "./decode.ts";
import { type Field, fieldOf } from "./field.ts";

function field(text: string, wordOrder: WordOrder = "ABCD"): Field {
  const parsed = parseAddress(text, 0);
  if (!parsed.ok) throw new TypeError(parsed.problem.message);
  return fieldOf(parsed.address, { unit: 1, wordOrder });
}

const viewOf = (hex: string) =>
  new DataView(Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex")).buffer);

/** Row 0 after one answer that holds the whole field. */
function decoded(text: string, hex: string, wordOrder: WordOrder = "ABCD") {
  const into = rawColumns(1, 5);
  const of = field(text, wordOrder);
  decodeSlice(of, { item: 0, element: 0, count: of.count, at: 0 }, { view: viewOf(hex), timeUs: 77 }, into);
  return {
    value: into.value[0],
    status: into.status[0],
    other: into.other.get(0),
    timeUs: into.sourceTimeUs[0],
  };
}

const good = { status: StatusCode.Good, other: undefined, timeUs: 77 };

describe("decoding of modbus registers", () => {
  it.each([
    ["hr:0,INT16", "ff fe", -2],
    ["hr:0,INT16@BA", "fe ff", -2],
    ["hr:0,UINT16", "ff fe", 65_534],
    ["hr:0,UINT16@BA", "fe ff", 65_534],
    ["hr:0,UINT16@AB", "01 02", 258],
    ["hr:0,BCD16", "98 76", 9876],
    ["hr:0,BCD16@BA", "76 98", 9876],
    ["hr:0,INT32", "ff ff ff fe", -2],
    ["hr:0,UINT32", "01 02 03 04", 0x01020304],
    ["hr:0,UINT32@CDAB", "03 04 01 02", 0x01020304],
    ["hr:0,UINT32@BADC", "02 01 04 03", 0x01020304],
    ["hr:0,UINT32@DCBA", "04 03 02 01", 0x01020304],
    ["hr:0,BCD32", "12 34 56 78", 12_345_678],
    ["hr:0,BCD32@CDAB", "56 78 12 34", 12_345_678],
    ["hr:0,FLOAT32", "42 f6 e9 79", 123.45600128173828],
    ["hr:0,FLOAT32@CDAB", "e9 79 42 f6", 123.45600128173828],
    ["hr:0,FLOAT64", "40 5e dd 2f 1a 9f be 77", 123.456],
    ["hr:0,FLOAT64@CDAB", "be 77 1a 9f dd 2f 40 5e", 123.456],
    ["hr:0,FLOAT64@BADC", "5e 40 2f dd 9f 1a 77 be", 123.456],
    ["hr:0,FLOAT64@DCBA", "77 be 9f 1a 2f dd 5e 40", 123.456],
    ["hr:0,INT64", "ff ff ff ff ff ff ff fe", -2],
    ["hr:0,UINT64", "00 1f ff ff ff ff ff ff", Number.MAX_SAFE_INTEGER],
  ])("reads %s from %s", (address, hex, value) => {
    expect(decoded(address, hex)).toEqual({ ...good, value });
  });

  it("takes the device's word order where the address names none, and only for values of several registers", () => {
    expect(decoded("hr:0,UINT32", "03 04 01 02", "CDAB").value).toBe(0x01020304);
    expect(decoded("hr:0,UINT32@ABCD", "01 02 03 04", "CDAB").value).toBe(0x01020304);
    expect(decoded("hr:0,UINT16", "01 02", "DCBA").value).toBe(0x0102);
    expect(decoded("hr:0,STRING(2)", "41 42", "DCBA").other).toBe("AB");
  });

  it.each([
    ["hr:0.0", "00 01", true],
    ["hr:0.15", "80 00", true],
    ["hr:0.7", "ff 7f", false],
    ["coil:0", "01", true],
    ["di:0", "fe", false],
  ])("gives the bit %s of %s as 0 or 1 and as a boolean", (address, hex, bit) => {
    expect(decoded(address, hex)).toEqual({ ...good, value: bit ? 1 : 0, other: bit });
  });

  it("gives an integer beyond 2^53 as decimal digits", () => {
    expect(decoded("hr:0,UINT64", "ff ff ff ff ff ff ff ff")).toEqual({
      ...good,
      value: Number.NaN,
      other: "18446744073709551615",
    });
    expect(decoded("hr:0,INT64", "80 00 00 00 00 00 00 00").other).toBe("-9223372036854775808");
  });

  it.each([
    ["hr:0,STRING(6)", "48 65 6c 6c 6f 21", "Hello!"],
    ["hr:0,STRING(5)", "48 65 6c 6c 6f 21", "Hello"],
    ["hr:0,STRING(6)", "48 69 00 6c 6f 21", "Hi"],
    ["hr:0,STRING(6)@BA", "65 48 6c 6c 21 6f", "Hello!"],
    ["hr:0,STRING(3)@BA", "65 48 20 6c", "Hel"],
    ["hr:0,STRING(2)", "b5 6d", "µm"],
  ])("reads the text %s from %s", (address, hex, text) => {
    expect(decoded(address, hex)).toEqual({ ...good, value: Number.NaN, other: text });
  });

  it.each([
    ["hr:0,FLOAT32", "7f c0 00 00", StatusCode.BadOutOfRange],
    ["hr:0,FLOAT32", "7f 80 00 00", StatusCode.BadOutOfRange],
    ["hr:0,FLOAT64", "ff f0 00 00 00 00 00 00", StatusCode.BadOutOfRange],
    ["hr:0,BCD16", "12 3a", StatusCode.BadDataEncodingInvalid],
    ["hr:0,BCD32", "f2 34 56 78", StatusCode.BadDataEncodingInvalid],
    ["hr:0,FLOAT32[2]", "00 00 00 00 7f c0 00 00", StatusCode.BadOutOfRange],
  ])("has no value for %s in %s", (address, hex, status) => {
    expect(decoded(address, hex)).toEqual({ value: Number.NaN, status, other: undefined, timeUs: 77 });
  });

  it("reads arrays of numbers, bits and texts", () => {
    expect(decoded("hr:0,INT16[3]", "00 01 ff ff 7f ff").other).toEqual([1, -1, 32_767]);
    expect(decoded("coil:0,BOOL[10]", "05 02").other).toEqual([
      true,
      false,
      true,
      false,
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(decoded("hr:0,STRING(2)[2]", "41 42 43 44").other).toEqual(["AB", "CD"]);
  });

  it("puts an array together from several answers, in any order", () => {
    const into = rawColumns(1, 0);
    const of = field("hr:0,UINT16[4]");
    decodeSlice(
      of,
      { item: 0, element: 2, count: 2, at: 1 },
      { view: viewOf("00 00 00 03 00 04"), timeUs: 1 },
      into,
    );
    decodeSlice(
      of,
      { item: 0, element: 0, count: 2, at: 0 },
      { view: viewOf("00 01 00 02"), timeUs: 2 },
      into,
    );
    expect(into.other.get(0)).toEqual([1, 2, 3, 4]);
  });

  it("keeps an array without a value when one of its answers was bad", () => {
    const into = rawColumns(1, 0);
    const of = field("hr:0,UINT16[4]");
    markBad(into, 0, StatusCode.BadTimeout);
    decodeSlice(
      of,
      { item: 0, element: 0, count: 2, at: 0 },
      { view: viewOf("00 01 00 02"), timeUs: 2 },
      into,
    );
    expect(into.other.has(0)).toBe(false);
    expect(into.status[0]).toBe(StatusCode.BadTimeout);
  });

  it("never reads beyond the answer", () => {
    const texts = fc.constantFrom(
      "hr:0,INT16",
      "hr:0,FLOAT64",
      "hr:0,UINT32@CDAB",
      "coil:0,BOOL[9]",
      "hr:0,STRING(7)",
      "hr:0,INT16[5]",
    );
    fc.assert(
      fc.property(texts, fc.uint8Array({ maxLength: 20 }), fc.nat(20), (text, bytes, at) => {
        const into = rawColumns(1, 0);
        const of = field(text);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        decodeSlice(of, { item: 0, element: 0, count: of.count, at }, { view, timeUs: 1 }, into);
        const isBit = of.table === "coil";
        const fits = isBit
          ? at + of.count <= bytes.length * 8
          : (at + of.width * of.count) * 2 <= bytes.length;
        if (!fits) expect(into.status[0]).toBe(StatusCode.BadDataEncodingInvalid);
      }),
    );
  });

  it("reads any double back, in any order of its words", () => {
    const orders = fc.constantFrom<[WordOrder, number[]]>(
      ["ABCD", [0, 1, 2, 3, 4, 5, 6, 7]],
      ["CDAB", [6, 7, 4, 5, 2, 3, 0, 1]],
      ["BADC", [1, 0, 3, 2, 5, 4, 7, 6]],
      ["DCBA", [7, 6, 5, 4, 3, 2, 1, 0]],
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), orders, (value, [order, places]) => {
        const big = Buffer.alloc(8);
        big.writeDoubleBE(value);
        const hex = Buffer.from(places.map((place) => big[place] ?? 0)).toString("hex");
        expect(decoded(`hr:0,FLOAT64@${order}`, hex).value).toBe(value);
      }),
    );
  });

  it("reads waveform samples into place, NaN where there is no number", () => {
    const samples = new Float32Array(4);
    decodeSamples(
      field("hr:0,INT16"),
      { item: 0, element: 1, count: 2, at: 1 },
      viewOf("00 00 ff ff 00 05"),
      samples,
    );
    expect([...samples]).toEqual([0, -1, 5, 0]);
    decodeSamples(field("hr:0,BCD16"), { item: 0, element: 3, count: 1, at: 0 }, viewOf("ff ff"), samples);
    expect(samples[3]).toBeNaN();
    const slice = { item: 0, element: 0, count: 2, at: 0 };
    expect(() => decodeSamples(field("hr:0,INT16"), slice, viewOf("00 00"), samples)).toThrow(RangeError);
  });
});
