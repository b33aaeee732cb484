import { describe, expect, it } from "vitest";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { decodeWriteReply, encodeWriteRequest } from "./s7-write.ts";
import { decodeS7Request } from "./serve-s7.ts";
import { encodeErrorReply, encodeWriteReply } from "./serve-s7-reply.ts";

const item = { kind: "range", area: "DB", db: 7, start: 300 } as const;

describe("S7 write", () => {
  it("asks to write bytes, or one bit, of a data block", () => {
    const bytes = hex("abcdef");
    expect(decodeS7Request(encodeWriteRequest(5, { db: 7, start: 300 }, bytes).subarray(7))).toEqual({
      kind: "write",
      number: 5,
      items: [{ item: { ...item, transport: 2, count: 3, bit: 0, byteLength: 3 }, bytes }],
    });
    const bit = encodeWriteRequest(6, { db: 7, start: 300, bit: 5 }, hex("01"));
    expect(decodeS7Request(bit.subarray(7))).toEqual({
      kind: "write",
      number: 6,
      items: [{ item: { ...item, transport: 1, count: 1, bit: 5, byteLength: 1 }, bytes: hex("01") }],
    });
    // The length of the packet, and the data of one bit counted in bits (snap7, s7_micro_client.cpp, opWriteArea).
    expect(bit.toString("hex")).toBe(
      `03000024${"02f080"}320100000006000e0005${"0501120a1001000100078400"}0965${"0003000101"}`,
    );
  });

  it("takes the return code, or the error of the whole answer", () => {
    expect(decodeWriteReply(encodeWriteReply(1, [0xff]))).toBe(0xff);
    expect(decodeWriteReply(encodeWriteReply(1, [0x05]))).toBe(0x05);
    expect(decodeWriteReply(encodeErrorReply(1, 0x8104))).toBe(0x8104);
  });

  it.each([
    ["a request", "32010000000100020000 0501", "kind 1 is no answer"],
    ["an answer to a read", "320300000001000200010000 0401 ff", "no answer to a write"],
    ["two items", "320300000001000200020000 0502 ffff", "no answer to a write of one item"],
    ["no code", "320300000001000200000000 0501", "the return code is missing"],
    ["much more", "320300000001000200040000 0501 ff000000", "3 bytes too many"],
  ])("refuses %s", (_, pdu, what) => {
    expect(() => decodeWriteReply(hex(pdu))).toThrow(what);
  });

  it("refuses every beginning of an answer, and survives anything", () => {
    const valid = encodeWriteReply(1, [0xff]);
    refusesEveryPrefix(valid, decodeWriteReply);
    survivesAnything(decodeWriteReply, [valid]);
  });
});
