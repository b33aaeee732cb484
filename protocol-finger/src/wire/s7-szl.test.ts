import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSzlReply, encodeSzlFollowUp, encodeSzlRequest } from "./s7-szl.ts";
import { WireError } from "./wire-error.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

// ITI/ICS-Security-Tools, snap7_s300_everything.pcapng and s7comm_reading_plc_status.pcap.
const MODE = bytes(
  "32070000 0500 000c 0020 00011208 1284 01 02 00 00 0000 ff09001c 0424000000140001 5144ff08 0000000000000000 1602081451375692",
);
const REFUSED = bytes("32070000 0c00 000c 0004 00011208 1284 01 01 00 00 d402 0a000000");

const changed = (at: number, value: number): Buffer => {
  const copy = Buffer.from(MODE);
  copy[at] = value;
  return copy;
};

describe("S7 system status list", () => {
  it("is asked for as STEP 7 does", () => {
    expect(encodeSzlRequest(0x0100, 0x0011, 0).toString("hex")).toBe(
      "0300002102f080320700000100000800080001120411440100ff09000400110000",
    );
    expect(encodeSzlRequest(0x0400, 0x0131, 1).toString("hex")).toBe(
      "0300002102f080320700000400000800080001120411440100ff09000401310001",
    );
  });

  it("is asked for further with the sequence number of the part before", () => {
    expect(encodeSzlFollowUp(0x0300, 2).toString("hex")).toBe(
      "0300002102f080320700000300000c00040001120812440102000000000a000000",
    );
  });

  it("comes whole", () => {
    expect(decodeSzlReply(MODE)).toEqual({
      kind: "part",
      sequence: 2,
      dataReference: 0,
      isLast: true,
      isCurt: false,
      bytes: MODE.subarray(26),
    });
  });

  it("comes in parts, all but the last of them marked", () => {
    const first = Buffer.from(MODE);
    first.set([0xd5, 0x01], 18);
    expect(decodeSzlReply(first)).toMatchObject({ dataReference: 0xd5, isLast: false });
  });

  it("is refused with an error in its parameters, or with an ordinary one", () => {
    expect(decodeSzlReply(REFUSED)).toEqual({ kind: "refused", error: 0xd402 });
    expect(decodeSzlReply(bytes("3202 0000 0007 0000 0000 8104"))).toEqual({
      kind: "refused",
      error: 0x8104,
    });
  });

  it("is refused with a return code, as an S7-1200 does it", () => {
    expect(decodeSzlReply(changed(22, 0x0a))).toEqual({ kind: "refused", error: 0x0a });
  });

  it("may leave out the end of its parameters, as conpot's does", () => {
    const curt = bytes("32070000 0500 0008 000c 00011208 1284 01 01 ff090008 001c 0000 0022 0000");
    expect(decodeSzlReply(curt)).toEqual({
      kind: "part",
      sequence: 1,
      dataReference: 0,
      isLast: true,
      isCurt: true,
      bytes: curt.subarray(22),
    });
  });

  it("takes a length in bits where the transport code says so, and one fill byte", () => {
    const inBits = Buffer.concat([MODE, bytes("00")]);
    inBits.writeUInt16BE(0x21, 8);
    inBits.set([0xff, 0x04, 0x00, 0xe0], 22);
    expect(decodeSzlReply(inBits)).toMatchObject({ kind: "part", bytes: MODE.subarray(26) });
  });

  it.each([
    ["an answer that is no userdata", bytes("3203 0000 0007 0000 0000 0000"), "kind 3 is no userdata"],
    ["another head", changed(12, 0x11), "this is no answer to userdata"],
    ["another length of parameters", changed(13, 0x09), "9 bytes of parameters are told and 8 came"],
    ["another group", changed(15, 0x83), "group 0x83, function 1 is no system status list"],
    ["fewer data than told", changed(25, 0x1e), "the data needs 30 bytes"],
    ["more data than told", changed(25, 0x18), "4 bytes follow the data"],
    ["half a byte", Buffer.from(MODE).fill(Buffer.of(0xff, 0x04, 0x00, 0x03), 22, 26), "a length of 0.375"],
  ])("reports PDU_MALFORMED for %s", (_, pdu, message) => {
    expect(() => decodeSzlReply(pdu)).toThrow(message);
  });

  it("reports PDU_MALFORMED wherever it is cut off, also where its lengths were made to fit", () => {
    for (let length = 0; length < MODE.length; length += 1) {
      expect(() => decodeSzlReply(MODE.subarray(0, length))).toThrow(WireError);
      const cut = Buffer.from(MODE.subarray(0, length));
      if (length >= 22) cut.writeUInt16BE(length - 22, 8);
      if (length >= 10 && length < 22) {
        cut.writeUInt16BE(length - 10, 6);
        cut.writeUInt16BE(0, 8);
      }
      expect(() => decodeSzlReply(cut)).toThrow(WireError);
    }
  });

  it("is decoded or refused with a WireError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), fc.nat(47), (damage, at) => {
        const pdu = Buffer.from(MODE);
        pdu.set(damage.subarray(0, pdu.length - at), at);
        try {
          expect(["part", "refused"]).toContain(decodeSzlReply(pdu).kind);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
