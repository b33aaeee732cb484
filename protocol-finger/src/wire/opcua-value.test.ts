import { describe, expect, it } from "vitest";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { createCursor } from "./cursor.ts";
import { readTimeUs, timeTicks } from "./opcua-binary.ts";
import { readDataValue, readVariant } from "./opcua-value.ts";
import { WireError } from "./wire-error.ts";

const variant = (bytes: Buffer) => readVariant(createCursor(bytes));
const dataValue = (bytes: Buffer) => readDataValue(createCursor(bytes));

describe("a value of an OPC UA server", () => {
  // One of each built-in type (OPC 10000-6, 5.2.2); the texts hold "ab".
  it.each([
    ["nothing", "00", null],
    ["Boolean", "01 01", true],
    ["SByte", "02 ff", -1],
    ["Byte", "03 ff", 255],
    ["Int16", "04 feff", -2],
    ["UInt16", "05 feff", 65_534],
    ["Int32", "06 feffffff", -2],
    ["UInt32", "07 feffffff", 4_294_967_294],
    ["Int64", "08 feffffffffffffff", -2],
    ["Int64 beyond 2^53", "08 0100000000002000", "9007199254740993"],
    ["UInt64", "09 feffffffffffffff", "18446744073709551614"],
    ["Float", "0a 0000c03f", 1.5],
    ["Double", "0b 000000000000f8bf", -1.5],
    ["String", "0c 02000000 6162", "ab"],
    ["null String", "0c ffffffff", ""],
    ["DateTime", "0d edd560575c2bca01", "2009-09-01T23:31:33.643Z"],
    ["no DateTime", "0d 0000000000000000", null],
    ["DateTime beyond all calendars", "0d ffffffffffffff7f", "+030828-09-14T02:48:05.477Z"],
    ["Guid", "0e 912b967275faE64a8d28b404dc7daf63", "72962b91-fa75-4ae6-8d28-b404dc7daf63"],
    ["ByteString", "0f 02000000 6162", "YWI="],
    ["null ByteString", "0f ffffffff", null],
    ["XmlElement", "10 02000000 6162", "ab"],
    ["NodeId of one byte", "11 00 48", "i=72"],
    ["NodeId of two bytes", "11 01 02 d208", "ns=2;i=2258"],
    ["numeric NodeId", "11 02 0300 01000000", "ns=3;i=1"],
    ["text NodeId", "11 03 0300 02000000 6162", "ns=3;s=ab"],
    ["GUID NodeId", "11 04 0000 912b967275faE64a8d28b404dc7daf63", "g=72962b91-fa75-4ae6-8d28-b404dc7daf63"],
    ["opaque NodeId", "11 05 0100 02000000 6162", "ns=1;b=YWI="],
    ["ExpandedNodeId", "12 c0 48 02000000 6162 01000000", "nsu=ab;i=72"],
    ["StatusCode", "13 00003480", 0x8034_0000],
    ["QualifiedName", "14 0100 02000000 6162", "ab"],
    ["LocalizedText", "15 03 02000000 656e 02000000 6162", "ab"],
    ["LocalizedText without text", "15 00", ""],
    ["structure", "16 01002901 01 02000000 6162", null],
    ["structure without body", "16 0000 00", null],
    ["DataValue", "17 01 03 07", 7],
    ["Variant", "18 03 07", 7],
    ["DiagnosticInfo", "19 7f 01000000 01000000 01000000 01000000 02000000 6162 00003480 00", null],
    ["array", "83 03000000 010203", [1, 2, 3]],
    ["null array", "83 ffffffff", []],
    ["matrix", "c3 04000000 01020304 02000000 02000000 02000000", [1, 2, 3, 4]],
  ])("is read: %s", (_name, bytes, expected) => {
    expect(variant(hex(bytes))).toEqual(expected);
    refusesEveryPrefix(hex(bytes), variant);
  });

  it("comes with status, source time and what nobody needs", () => {
    const bytes = hex("3f 03 07 00003480 edd560575c2bca01 0100 edd560575c2bca01 0200");
    expect(dataValue(bytes)).toEqual({ value: 7, status: 0x8034_0000, sourceTimeUs: 1_251_847_893_643_006 });
    refusesEveryPrefix(bytes, dataValue);
    expect(dataValue(hex("00"))).toEqual({ value: null, status: 0 });
    survivesAnything(dataValue, [bytes]);
  });

  it.each([
    ["variants", Buffer.alloc(40_000, 0x18)],
    ["values", Buffer.concat(Array.from({ length: 20_000 }, () => hex("1701")))],
    ["diagnoses", Buffer.concat([hex("19"), Buffer.alloc(40_000, 0x40)])],
  ])("is refused before %s nested without end exhaust the stack", (_name, bytes) => {
    expect(() => variant(bytes)).toThrow("nested more than 16 deep");
  });

  it("is of a type that there is", () => {
    expect(() => variant(hex("1a 00"))).toThrow("no built-in type 26");
    expect(() => variant(hex("11 06 00"))).toThrow("no kind 6 of node id");
    expect(() => variant(hex("83 04000000 010203"))).toThrow(WireError);
  });

  it("keeps the time to the microsecond", () => {
    const ticks = Buffer.alloc(8);
    ticks.writeBigInt64LE(timeTicks(1_251_847_893_643_006));
    expect(readTimeUs(createCursor(ticks), "a time")).toBe(1_251_847_893_643_006);
    expect(timeTicks(undefined)).toBe(0n);
  });
});
