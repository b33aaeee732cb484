import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RawColumns, rawColumns, type Value } from "../../core/reading.ts";
import { BuiltIn, decodeInto, type PeerValue } from "./decode.ts";

const NOW_US = 1_700_000_000_000_000;
const GOOD = { value: 0 };

function decode(got: PeerValue): RawColumns {
  const rows = rawColumns(1, NOW_US);
  decodeInto(rows, 0, got, NOW_US);
  return rows;
}

function row(got: PeerValue): { value: number; other: Value | undefined; status: number } {
  const rows = decode(got);
  return { value: rows.value[0] ?? -1, other: rows.other.get(0), status: rows.status[0] ?? -1 };
}

const scalar = (dataType: number, value: unknown): PeerValue => ({
  statusCode: GOOD,
  value: { dataType, arrayType: 0, value },
});
const array = (dataType: number, value: unknown): PeerValue => ({
  statusCode: GOOD,
  value: { dataType, arrayType: 1, value },
});

/** As node-opcua holds a 64-bit integer. */
function highLow(value: bigint): [number, number] {
  const bits = BigInt.asUintN(64, value);
  return [Number(bits >> 32n), Number(bits & 0xffffffffn)];
}

describe("a value of a server", () => {
  it.each([
    ["SByte", BuiltIn.SByte, -128, -128],
    ["UInt32", BuiltIn.UInt32, 4_294_967_295, 4_294_967_295],
    ["Double", BuiltIn.Double, 1.5e-300, 1.5e-300],
    ["Int64", BuiltIn.Int64, highLow(-2n), -2],
    ["UInt64", BuiltIn.UInt64, highLow(9_007_199_254_740_991n), 9_007_199_254_740_991],
    ["StatusCode", BuiltIn.StatusCode, { value: 0x80340000 }, 0x80340000],
  ])("of type %s is a number", (_, type, value, number) => {
    expect(row(scalar(type, value))).toEqual({ value: number, other: undefined, status: 0 });
  });

  it.each([
    ["Int64", BuiltIn.Int64, highLow(-9_223_372_036_854_775_808n), "-9223372036854775808"],
    ["UInt64", BuiltIn.UInt64, highLow(18_446_744_073_709_551_615n), "18446744073709551615"],
    ["String", BuiltIn.String, "läuft", "läuft"],
    ["XmlElement", BuiltIn.XmlElement, "<a/>", "<a/>"],
    ["Guid", BuiltIn.Guid, "72962B91-FA75-4AE6-8D28-B404DC7DAF63", "72962B91-FA75-4AE6-8D28-B404DC7DAF63"],
    ["ByteString", BuiltIn.ByteString, Buffer.from([0, 255, 16]), "AP8Q"],
    ["DateTime", BuiltIn.DateTime, new Date("2026-11-22T08:15:30.123Z"), "2026-11-22T08:15:30.123000Z"],
    [
      "DateTime with 100 ns",
      BuiltIn.DateTime,
      Object.assign(new Date("2026-11-22T08:15:30.123Z"), { picoseconds: 456_700_000 }),
      "2026-11-22T08:15:30.123456Z",
    ],
    ["last DateTime", BuiltIn.DateTime, new Date("9999-12-31T23:59:59Z"), "9999-12-31T23:59:59.000000Z"],
    ["LocalizedText", BuiltIn.LocalizedText, { locale: "de", text: "Pumpe" }, "Pumpe"],
    ["QualifiedName", BuiltIn.QualifiedName, { namespaceIndex: 2, name: "Pump" }, "2:Pump"],
    ["QualifiedName of namespace 0", BuiltIn.QualifiedName, { namespaceIndex: 0, name: "Server" }, "Server"],
    ["NodeId", BuiltIn.NodeId, { toString: () => "ns=2;i=7" }, "ns=2;i=7"],
  ])("of type %s is a text", (_, type, value, text) => {
    expect(row(scalar(type, value))).toEqual({ value: Number.NaN, other: text, status: 0 });
  });

  it("of type Boolean is a boolean, and 0 or 1 beside it", () => {
    expect(row(scalar(BuiltIn.Boolean, true))).toEqual({ value: 1, other: true, status: 0 });
    expect(row(scalar(BuiltIn.Boolean, false))).toEqual({ value: 0, other: false, status: 0 });
  });

  it("keeps every 64-bit integer exactly", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const { value: number, other } = row(scalar(BuiltIn.Int64, highLow(value)));
        expect(BigInt(typeof other === "string" ? other : number)).toBe(value);
      }),
    );
  });

  it("that is an array comes as one, whatever holds it", () => {
    expect(row(array(BuiltIn.Float, new Float32Array([1, 2.5]))).other).toEqual([1, 2.5]);
    expect(row(array(BuiltIn.String, ["a", null])).other).toEqual(["a", ""]);
    expect(row(array(BuiltIn.UInt64, [highLow(1n), highLow(2n ** 60n)])).other).toEqual([
      1,
      "1152921504606846976",
    ]);
    expect(row(array(BuiltIn.Int32, [])).other).toEqual([]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "that is %s is none, and out of range",
    (value) => {
      const none = { value: Number.NaN, other: undefined, status: 0x803c0000 };
      expect(row(scalar(BuiltIn.Double, value))).toEqual(none);
      expect(row(array(BuiltIn.Double, new Float64Array([1, value])))).toEqual(none);
    },
  );

  it("beyond the year 9999 is none, and out of range", () => {
    expect(row(scalar(BuiltIn.DateTime, new Date(8.64e15))).status).toBe(0x803c0000);
    expect(row(scalar(BuiltIn.DateTime, new Date(Number.NaN))).status).toBe(0x803c0000);
  });

  it.each([
    ["a structure", scalar(22, { x: 1 })],
    ["a nested value", array(24, [{ dataType: 1 }])],
    ["an array that is none", array(BuiltIn.Int32, "text")],
    ["a broken 64-bit integer", scalar(BuiltIn.Int64, "12")],
    ["half a 64-bit integer", scalar(BuiltIn.Int64, [1])],
    ["a date that is none", scalar(BuiltIn.DateTime, "today")],
    ["a text that is none", scalar(BuiltIn.String, {})],
    ["a name that is none", scalar(BuiltIn.QualifiedName, { name: 5 })],
    ["a localised text that is none", scalar(BuiltIn.LocalizedText, "x")],
    ["bytes that are none", scalar(BuiltIn.ByteString, {})],
  ])("that has no place in a reading (%s) is none, of the wrong type", (_, got) => {
    expect(row(got)).toEqual({ value: Number.NaN, other: undefined, status: 0x80740000 });
  });

  it.each([
    ["no variant", { statusCode: GOOD, value: null }],
    ["a null text", scalar(BuiltIn.String, null)],
    ["a null array", array(BuiltIn.Int32, null)],
    ["an unnamed name", scalar(BuiltIn.QualifiedName, { namespaceIndex: 1, name: null })],
  ])("that is absent (%s) leaves the status as it is", (_, got) => {
    expect(row(got)).toEqual({ value: Number.NaN, other: undefined, status: 0 });
  });

  it("is not passed on where the status is bad, and the status is, with all its bits", () => {
    const got = { ...scalar(BuiltIn.Double, 5), statusCode: { value: 0x800a0480 } };
    expect(row(got)).toEqual({ value: Number.NaN, other: undefined, status: 0x800a0480 });
  });

  it("is passed on where the status is uncertain", () => {
    expect(row({ ...scalar(BuiltIn.Double, 5), statusCode: { value: 0x40900000 } })).toEqual({
      value: 5,
      other: undefined,
      status: 0x40900000,
    });
  });
});

describe("the time of a value", () => {
  const date = new Date(1_700_000_000_123);
  const time = (got: Omit<PeerValue, "statusCode" | "value">) =>
    decode({ ...scalar(BuiltIn.Double, 1), ...got }).sourceTimeUs[0];

  it("is the source's, in microseconds", () => {
    expect(time({ sourceTimestamp: date, sourcePicoseconds: 456_700_010 })).toBe(1_700_000_000_123_456);
    expect(time({ sourceTimestamp: date })).toBe(1_700_000_000_123_000);
  });

  it("is the server's where the source gives none, else the agent's", () => {
    expect(time({ sourceTimestamp: null, serverTimestamp: date, serverPicoseconds: 1e6 })).toBe(
      1_700_000_000_123_001,
    );
    expect(time({})).toBe(NOW_US);
  });

  it("is not believed where it means none or cannot be held", () => {
    expect(time({ sourceTimestamp: new Date(Date.UTC(1601, 0, 1)) })).toBe(NOW_US);
    expect(time({ sourceTimestamp: new Date(8.64e15) })).toBe(NOW_US);
    expect(time({ sourceTimestamp: new Date(Number.NaN) })).toBe(NOW_US);
  });
});
