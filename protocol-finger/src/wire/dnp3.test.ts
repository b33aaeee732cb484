import { describe, expect, it } from "vitest";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { crc, decodeLinkStatus, dnp3Length, encodeRequestLinkStatus } from "./dnp3.ts";

function frame(control: number): Buffer {
  const bytes = hex("0564 05 00 0100 0a00 0000");
  bytes.writeUInt8(control, 3);
  bytes.writeUInt16LE(crc(bytes.subarray(0, 8)), 8);
  return bytes;
}

describe("DNP3 link status", () => {
  it("has the standard's checksum", () => {
    // The check value of CRC-16/DNP.
    expect(crc(Buffer.from("123456789"))).toBe(0xea82);
    expect(encodeRequestLinkStatus().subarray(0, 8)).toEqual(hex("0564 05 c9 fcff 0100"));
  });

  it("tells the outstation's address, whether the function is there or not", () => {
    expect(decodeLinkStatus(frame(0x0b))).toEqual({ address: 10, isSupported: true });
    expect(decodeLinkStatus(frame(0x0f))).toEqual({ address: 10, isSupported: false });
    expect(decodeLinkStatus(frame(0x9b))).toEqual({ address: 10, isSupported: true });
  });

  it("is malformed where it is cut short, damaged or something else", () => {
    refusesEveryPrefix(frame(0x0b), decodeLinkStatus);
    survivesAnything(decodeLinkStatus, [frame(0x0b)]);
    expect(() => decodeLinkStatus(frame(0xc9))).toThrow("function 73");
    const damaged = frame(0x0b);
    damaged.writeUInt8(11, 6);
    expect(() => decodeLinkStatus(damaged)).toThrow("checksum");
    expect(() => decodeLinkStatus(hex("0564 04 0b"))).toThrow("without header");
    expect(() => decodeLinkStatus(hex("0565 05 0b"))).toThrow("no DNP3");
    expect(() => dnp3Length(Buffer.from("HTTP"))).toThrow("no DNP3");
    expect(dnp3Length(hex("0564050b"))).toBeUndefined();
    expect(dnp3Length(frame(0x0b))).toBe(10);
  });
});
