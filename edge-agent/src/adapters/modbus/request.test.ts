import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRequest, type ReadRequest, readReply, requestText } from "./request.ts";

const request: ReadRequest = { unit: 17, table: "hr", start: 107, quantity: 3 };
/** The example of Modbus Application Protocol V1.1b3, 6.3, behind a unit and before two bytes of CRC. */
const reply = [17, 3, 6, 0x02, 0x2b, 0x00, 0x00, 0x00, 0x64, 0, 0];

const judge = (bytes: readonly number[], of: ReadRequest = request) => readReply(of, Buffer.from(bytes));

describe("modbus request", () => {
  it("is encoded as in the standard's example", () => {
    expect(encodeRequest(request).toString("hex")).toBe("1103006b00030000");
  });

  it.each([
    ["coil", 1],
    ["di", 2],
    ["hr", 3],
    ["ir", 4],
  ] as const)("reads a %s with function %i", (table, fn) => {
    expect(encodeRequest({ ...request, table })[1]).toBe(fn);
  });

  it("takes the answer to itself", () => {
    const read = judge(reply);
    if (read.kind !== "data") throw new TypeError(read.kind);
    expect([0, 2, 4].map((at) => read.view.getUint16(at))).toEqual([555, 0, 100]);
    expect(read.view.byteLength).toBe(6);
  });

  it("takes eight bits a byte", () => {
    const bits: ReadRequest = { unit: 1, table: "coil", start: 0, quantity: 9 };
    expect(judge([1, 1, 2, 0xff, 1, 0, 0], bits).kind).toBe("data");
    expect(judge([1, 1, 1, 0xff, 0, 0], bits).kind).toBe("malformed");
  });

  it("takes an exception to itself", () => {
    expect(judge([17, 0x83, 2, 0, 0])).toEqual({ kind: "exception", code: 2 });
  });

  it.each([
    ["no PDU", [17, 3, 0, 0], 2, "it ends after 2 bytes"],
    [
      "another unit",
      [18, ...reply.slice(1)],
      0,
      "it comes from unit 18 instead of 17; is the tag's unit right?",
    ],
    ["another function", [17, 4, ...reply.slice(2)], 1, "it answers function 4 instead of 3"],
    ["another function's exception", [17, 0x84, 2, 0, 0], 1, "it answers function 132 instead of 3"],
    ["an exception that goes on", [17, 0x83, 2, 2, 0, 0], 3, "an exception has 3 bytes, not 4"],
    ["another length", [17, 3, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 2, "it announces 8 data bytes instead of 6"],
    [
      "less than it announces",
      reply.slice(0, -2).concat().slice(0, -2).concat([0, 0]),
      7,
      "it holds 4 data bytes instead of 6",
    ],
    ["more than it announces", [...reply, 0], 9, "it holds 7 data bytes instead of 6"],
  ])("does not take %s", (_name, bytes, at, reason) => {
    expect(judge(bytes)).toEqual({ kind: "malformed", at, reason });
  });

  it("takes nothing cut short, and never throws for what came", () => {
    for (let length = 2; length < reply.length; length += 1) {
      expect(judge(reply.slice(0, length)).kind).toBe("malformed");
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const read = readReply(request, Buffer.from(bytes));
        if (read.kind === "data") expect(read.view.byteLength).toBe(6);
      }),
    );
  });

  it("names what was asked for", () => {
    expect(requestText(request)).toBe("hr:107 to hr:109 of unit 17");
    expect(requestText({ ...request, quantity: 1 })).toBe("hr:107 of unit 17");
  });
});
