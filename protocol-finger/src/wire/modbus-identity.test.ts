import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UMAS } from "../testing/answers.ts";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import {
  decodeIdentity,
  decodeRegisters,
  decodeServerId,
  encodeReadIdentity,
  encodeReadRegisters,
  encodeReportServerId,
} from "./modbus-identity.ts";
import { decodeUmasId, encodeReadUmasId } from "./umas.ts";
import { WireError } from "./wire-error.ts";

// Vendor, product and revision of a BMX NOE 0100, put together as V1.1b3, 6.21 describes it.
const identity = hex(
  "5301 0000 0031 ff 2b0e01 02 00 00 03 00 12 5363686e656964657220456c656374726963 01 0c 424d58204e4f452030313030 02 05 56332e3130",
);
// Unit 10, running, and the name of its maker, as ITI/ICS-Security-Tools modbus_test_data_part1.pcap has it.
const serverId = Buffer.concat([hex("0000 0000 0015 0a 11 12 00ff"), Buffer.from("Wingpath Limited")]);
const umas = Buffer.concat([hex("0000 0000 002c"), UMAS]);
const exception = (code: number) => hex(`5301 0000 0003 01 ${(code | 0x80).toString(16)} 01`);

describe("Modbus identification", () => {
  it("asks as the standard lays it down", () => {
    const target = { transaction: 0x5301, unit: 0xff };
    expect(encodeReadIdentity(target, "basic", 0)).toEqual(hex("5301 0000 0005 ff 2b0e0100"));
    expect(encodeReadIdentity(target, "regular", 3)).toEqual(hex("5301 0000 0005 ff 2b0e0203"));
    expect(encodeReadRegisters(target, 0x2011, 4)).toEqual(hex("5301 0000 0006 ff 0320110004"));
    expect(encodeReportServerId(target)).toEqual(hex("5301 0000 0002 ff 11"));
    expect(encodeReadUmasId(7)).toEqual(hex("0007 0000 0004 00 5a0002"));
  });

  it("reads vendor, product and revision", () => {
    expect(decodeIdentity(identity)).toEqual({
      kind: "identity",
      conformity: 2,
      next: undefined,
      objects: [
        { id: 0, text: "Schneider Electric" },
        { id: 1, text: "BMX NOE 0100" },
        { id: 2, text: "V3.10" },
      ],
    });
  });

  it("tells where an identification goes on", () => {
    const more = hex("5301 0000 000b 01 2b0e01 82 ff 02 01 00 01 41");
    expect(decodeIdentity(more)).toMatchObject({ conformity: 2, next: 2, objects: [{ id: 0, text: "A" }] });
  });

  it("reads registers", () => {
    expect(decodeRegisters(hex("5301 0000 0007 01 03 04 02ee 0371"))).toEqual({
      kind: "registers",
      values: [750, 881],
    });
    expect(() => decodeRegisters(hex("5301 0000 0006 01 03 03 02ee 03"))).toThrow("no whole registers");
  });

  it("finds the text in a server id", () => {
    expect(decodeServerId(serverId)).toMatchObject({ kind: "server-id", text: "Wingpath Limited" });
    expect(decodeServerId(hex("5301 0000 0005 01 11 02 01ff"))).toMatchObject({ text: "" });
  });

  it("reads the processor of a Modicon", () => {
    expect(decodeUmasId(umas)).toEqual({ kind: "umas", cpu: "140 CPU 311 10" });
    expect(() => decodeUmasId(hex("0000 0000 0004 00 5a00fd"))).toThrow("did not answer");
  });

  it("knows an exception from an answer", () => {
    const refusal = { kind: "exception", code: 1 };
    expect(decodeIdentity(exception(0x2b))).toEqual(refusal);
    expect(decodeRegisters(exception(3))).toEqual(refusal);
    expect(decodeServerId(exception(0x11))).toEqual(refusal);
    expect(decodeUmasId(exception(0x5a))).toEqual(refusal);
    expect(() => decodeRegisters(exception(4))).toThrow(WireError);
    expect(() => decodeIdentity(hex("5301 0000 0005 01 2b0d0100"))).toThrow("no device identification");
  });

  it.each([
    ["identification", identity, decodeIdentity],
    ["exception", exception(0x2b), decodeIdentity],
    ["registers", hex("5301 0000 0005 01 03 02 1234"), decodeRegisters],
    ["server id", serverId, decodeServerId],
    ["UMAS id", umas, decodeUmasId],
  ] as const)("refuses every beginning of the answer to %s", (_name, frame, decode) => {
    refusesEveryPrefix(frame, decode);
    survivesAnything(decode, [identity, serverId, umas, frame]);
  });

  it("refuses objects that reach beyond the frame, wherever they do", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 255 }), (more) => {
        const longer = Buffer.from(identity);
        longer.writeUInt8(Math.min(255, 0x12 + more), 15);
        expect(() => decodeIdentity(longer)).toThrow(WireError);
      }),
    );
  });
});
