import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { createPduJoiner } from "./cotp.ts";
import { decodeConnectReply, encodeConnectRequest } from "./cotp-connect.ts";
import { decodeConnectRequest, encodeConnectConfirm, encodeDataPackets } from "./serve-cotp.ts";
import { WireError } from "./wire-error.ts";

// nmap, s7-info.nse; nodes7 sends the same with C0 first (nodeS7.js).
const NMAP = hex("0300001611e00000001400c1020100c2020102c0010a");
const NODES7 = hex("0300001611e00000000200c0010ac1020100c2020102");
// nmap's without a TPDU size.
const BARE = hex("0300001310e00000000100c1020100c2020102".replace("10e0", "0ee0"));

describe("COTP, called side", () => {
  it.each([
    ["nmap", NMAP, 0x14],
    ["nodes7", NODES7, 2],
  ])("takes the connection request of %s", (_, packet, reference) => {
    expect(decodeConnectRequest(packet)).toEqual({
      reference,
      tpduSize: 1024,
      callingTsap: hex("0100"),
      calledTsap: hex("0102"),
    });
  });

  it("offers what controllers offer to a caller that proposes no size", () => {
    expect(decodeConnectRequest(BARE).tpduSize).toBe(1024);
  });

  it("confirms with the TPDU size first, as real controllers do", () => {
    const packet = encodeConnectConfirm(decodeConnectRequest(NMAP), 3);
    expect(packet.toString("hex")).toBe("0300001611d00014000300c0010ac1020100c2020102");
    expect(decodeConnectReply(packet)).toMatchObject({
      kind: "confirm",
      destinationReference: 0x14,
      sourceReference: 3,
      parameters: [0xc0, 0xc1, 0xc2],
    });
  });

  it.each([
    ["0300001611d00000001400c1020100c2020102c0010a", 5, "asks for no connection"],
    ["0300001611e00001001400c1020100c2020102c0010a", 6, "names a connection that is none yet"],
    ["0300001611e00000001440c1020100c2020102c0010a", 10, "class 4 is not class 0"],
    ["0300001612e00000001400c1020100c2020102c0010a", 4, "tells of 18 bytes and 17 came"],
    [`0300002e29e00000001400c121${"41".repeat(33)}`, 4, "a TSAP of 33 bytes is too long"],
  ])("refuses %s", (packet, offset, what) => {
    expect(() => decodeConnectRequest(hex(packet))).toThrow(what);
    expect(() => decodeConnectRequest(hex(packet))).toThrow(expect.objectContaining({ offset }));
  });

  it("refuses every beginning of a request, and survives anything", () => {
    refusesEveryPrefix(NMAP, decodeConnectRequest);
    survivesAnything(decodeConnectRequest, [NMAP, NODES7, BARE]);
  });

  it("reads what its own side encodes, whatever the TSAPs", () => {
    const tsap = fc.nat(0xffff);
    fc.assert(
      fc.property(
        tsap,
        tsap,
        fc.nat(0xffff),
        fc.integer({ min: 7, max: 13 }),
        (local, remote, reference, size) => {
          const request = { localTsap: local, remoteTsap: remote, reference, tpduSize: 2 ** size };
          const taken = decodeConnectRequest(encodeConnectRequest(request));
          expect([taken.reference, taken.tpduSize]).toEqual([reference, 2 ** size]);
          expect([taken.callingTsap.readUInt16BE(0), taken.calledTsap.readUInt16BE(0)]).toEqual([
            local,
            remote,
          ]);
        },
      ),
    );
  });

  it("splits a PDU for a caller that takes little at once", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 960 }),
        fc.constantFrom(128, 256, 1024),
        (bytes, size) => {
          const packets = encodeDataPackets(Buffer.from(bytes), size);
          for (let at = 0; at < packets.length; at += packets.readUInt16BE(at + 2)) {
            expect(packets.readUInt16BE(at + 2) - 4).toBeLessThanOrEqual(size);
          }
          const joined: Buffer[] = [];
          createPduJoiner(960).push(packets, (pdu) => joined.push(Buffer.from(pdu)));
          expect(joined).toEqual([Buffer.from(bytes)]);
        },
      ),
    );
  });

  it("speaks of malformed packets as WireErrors", () => {
    expect(() => decodeConnectRequest(Buffer.alloc(0))).toThrow(WireError);
  });
});
