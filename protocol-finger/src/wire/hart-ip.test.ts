import { describe, expect, it } from "vitest";
import { HART } from "../testing/answers.ts";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { decodeHartIdentity, decodeHartOpen, hartLength } from "./hart-ip.ts";

/** @param data from the response code on */
function command0(data: string): Buffer {
  const bytes = hex(data);
  const head = hex("01 01 03 00 0002 0000 06 00 00 00");
  head.writeUInt16BE(head.length + bytes.length + 1, 6);
  head.writeUInt8(bytes.length, 11);
  return Buffer.concat([head, bytes, hex("00")]);
}

describe("HART-IP", () => {
  it("names a gateway", () => {
    expect(decodeHartOpen(HART.open)).toBe(0);
    expect(decodeHartIdentity(HART.identity)).toEqual({
      deviceType: 0x264e,
      manufacturerId: 0x26,
      hartRevision: 7,
      deviceRevision: 4,
      softwareRevision: 1,
      hardwareRevision: 1,
      deviceId: "0000d2",
      deviceProfile: 0x84,
    });
  });

  it("knows devices before HART 7 by fewer facts", () => {
    expect(decodeHartIdentity(command0("0000 fe 1a2b 05 05 02 03 10 00 010203"))).toEqual({
      deviceType: 0x1a2b,
      hartRevision: 5,
      deviceRevision: 2,
      softwareRevision: 3,
      hardwareRevision: 2,
      deviceId: "010203",
    });
  });

  it("is malformed where it is cut short or no identity", () => {
    refusesEveryPrefix(HART.open, decodeHartOpen);
    refusesEveryPrefix(HART.identity, decodeHartIdentity);
    survivesAnything(decodeHartIdentity, [HART.identity]);
    survivesAnything(decodeHartOpen, [HART.open]);
    expect(() => hartLength(Buffer.from("HTTP"))).toThrow("no HART-IP");
    expect(() => hartLength(hex("0101000000010007"))).toThrow("a message of 7 bytes");
    expect(() => decodeHartIdentity(HART.open)).toThrow("another message");
    expect(() => decodeHartOpen(hex("010000000001000d0100004e20"))).toThrow("no answer");
    expect(() => decodeHartIdentity(command0("0200"))).toThrow("code 2");
    expect(() => decodeHartIdentity(command0("0000 01"))).toThrow("no identity");
    const long = Buffer.from(HART.identity);
    long.writeUInt8(0x86, 8);
    expect(() => decodeHartIdentity(long)).toThrow("short frame");
    const other = Buffer.from(HART.identity);
    other.writeUInt8(1, 10);
    expect(() => decodeHartIdentity(other)).toThrow("another command");
  });
});
