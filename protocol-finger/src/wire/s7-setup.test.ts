import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSetupReply, encodeSetupRequest } from "./s7-setup.ts";
import { WireError } from "./wire-error.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

// ITI/ICS-Security-Tools, snap7_s300_everything.pcapng: 1920 was asked for.
const GRANTED = bytes("3203 0000 ffff 0008 0000 0000 f000 0001 0001 00f0");

describe("S7 setup", () => {
  it("asks as STEP 7 and nmap do", () => {
    const setup = { amqCalling: 1, amqCalled: 1, pduSize: 480 };
    expect(encodeSetupRequest(setup).toString("hex")).toBe(
      "0300001902f08032010000000000080000f0000001000101e0",
    );
    expect(encodeSetupRequest(setup, 0x1234).readUInt16BE(11)).toBe(0x1234);
  });

  it("tells what the controller grants, with either kind of answer", () => {
    const granted = { kind: "granted", amqCalling: 1, amqCalled: 1, pduSize: 240 };
    expect(decodeSetupReply(GRANTED)).toEqual(granted);
    const ack = Buffer.from(GRANTED);
    ack[1] = 2;
    expect(decodeSetupReply(ack)).toEqual(granted);
  });

  it("tells the error where the controller refuses", () => {
    expect(decodeSetupReply(bytes("3203 0000 0000 0000 0000 8104"))).toEqual({
      kind: "refused",
      error: 0x8104,
    });
  });

  it.each([
    ["a job", bytes("3201 0000 0000 0008 0000 f000 0001 0001 00f0"), "offset 1: kind 1 is no answer"],
    ["another function", bytes("3203 0000 0000 0002 0000 0000 0401"), "offset 12: function 4 is no setup"],
    ["data behind it", bytes("3203 0000 0000 0008 0001 0000 f000 0001 0001 00f0 00"), "follow the setup"],
    ["S7comm-plus", bytes("7201 0000 0000 0000 0000"), "offset 0: this is no S7 header"],
    ["a kind that is none", bytes("3209 0000 0000 0000 0000"), "offset 1: kind 9 is none of S7"],
  ])("reports PDU_MALFORMED for %s", (_, pdu, message) => {
    expect(() => decodeSetupReply(pdu)).toThrow(message);
  });

  it("reports PDU_MALFORMED wherever it is cut off, also where its lengths were made to fit", () => {
    for (let length = 0; length < GRANTED.length; length += 1) {
      expect(() => decodeSetupReply(GRANTED.subarray(0, length))).toThrow(WireError);
      if (length < 12) continue;
      const cut = Buffer.from(GRANTED.subarray(0, length));
      cut.writeUInt16BE(length - 12, 6);
      expect(() => decodeSetupReply(cut)).toThrow(WireError);
    }
  });

  it("is decoded or refused with a WireError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (body) => {
        const pdu = Buffer.from([0x32, 0x03, ...body]);
        try {
          expect(["granted", "refused"]).toContain(decodeSetupReply(pdu).kind);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
