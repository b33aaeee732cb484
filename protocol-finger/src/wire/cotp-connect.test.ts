import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeConnectReply, encodeConnectRequest } from "./cotp-connect.ts";
import { WireError } from "./wire-error.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

// ITI/ICS-Security-Tools, snap7_s300_everything.pcapng: a CPU 315-2 PN/DP confirms.
const CONFIRM = bytes("03000016 11 d0 0001 0003 00 c0010a c1020100 c2020102");

describe("ISO connection request", () => {
  it("is what nmap sends", () => {
    const request = { reference: 0x14, localTsap: 0x0100, remoteTsap: 0x0102, tpduSize: 1024 };
    expect(encodeConnectRequest(request).toString("hex")).toBe(
      "0300001611e00000001400c1020100c2020102c0010a",
    );
  });

  it("has a TPDU size that ISO 8073 knows", () => {
    const request = { reference: 1, localTsap: 0x0100, remoteTsap: 0x0102 };
    expect(() => encodeConnectRequest({ ...request, tpduSize: 1000 })).toThrow("not 1000");
    expect(() => encodeConnectRequest({ ...request, tpduSize: 16_384 })).toThrow(RangeError);
    expect(encodeConnectRequest({ ...request, tpduSize: 8192 }).at(-1)).toBe(0x0d);
  });
});

describe("answer to an ISO connection request", () => {
  it("confirms with references, TPDU size, TSAPs and the order of its parameters", () => {
    expect(decodeConnectReply(CONFIRM)).toEqual({
      kind: "confirm",
      destinationReference: 1,
      sourceReference: 3,
      classAndOptions: 0,
      parameters: [0xc0, 0xc1, 0xc2],
      tpduSize: 1024,
      callingTsap: bytes("0100"),
      calledTsap: bytes("0102"),
    });
  });

  it("may leave parameters out, as conpot leaves the TPDU size out", () => {
    expect(decodeConnectReply(bytes("03000013 0e d0 0014 0001 00 c1020100 c2020102"))).toMatchObject({
      parameters: [0xc1, 0xc2],
      tpduSize: undefined,
    });
    expect(decodeConnectReply(bytes("0300000b 06 d0 0014 0001 00"))).toMatchObject({ parameters: [] });
  });

  it("has no TPDU size where the code is none", () => {
    expect(decodeConnectReply(bytes("0300000e 09 d0 0014 0001 00 c00103"))).toMatchObject({
      parameters: [0xc0],
      tpduSize: undefined,
    });
  });

  it("refuses with a reason", () => {
    expect(decodeConnectReply(bytes("0300000b 06 80 0014 0000 03"))).toEqual({
      kind: "disconnect",
      reason: 3,
    });
  });

  it.each([
    ["data", "03000007 02 f0 80", "offset 6"],
    ["another kind of packet", "0300000b 06 e0 0014 0000 00", "offset 5: kind 0xe0 answers no connection"],
    ["a parameter that ends beyond the packet", "0300000e 09 d0 0014 0001 00 c00201", "offset 13"],
  ])("reports PDU_MALFORMED for %s", (_, hex, message) => {
    expect(() => decodeConnectReply(bytes(hex))).toThrow(message);
  });

  it("reports PDU_MALFORMED wherever it is cut off, and though its length was made to fit inside a parameter", () => {
    for (let length = 0; length < CONFIRM.length; length += 1) {
      expect(() => decodeConnectReply(CONFIRM.subarray(0, length))).toThrow(WireError);
    }
    for (const length of [12, 13, 15, 16, 17, 19, 20, 21]) {
      const cut = Buffer.from(CONFIRM.subarray(0, length));
      cut.writeUInt8(length - 5, 4);
      expect(() => decodeConnectReply(cut)).toThrow(WireError);
    }
  });

  it("is decoded or refused with a WireError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (body, isShaped) => {
        const packet = Buffer.from(body);
        if (isShaped && packet.length > 10) packet.set([packet.length - 5, 0xd0], 4);
        try {
          expect(["confirm", "disconnect"]).toContain(decodeConnectReply(packet).kind);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
