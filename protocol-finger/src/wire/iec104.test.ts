import { describe, expect, it } from "vitest";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { decodeTestConfirmation, encodeTestFrame, iec104Length } from "./iec104.ts";

describe("the test frame of IEC 104", () => {
  it("is confirmed, and not by its echo or another frame", () => {
    expect(encodeTestFrame()).toEqual(hex("680443000000"));
    expect(decodeTestConfirmation(hex("680483000000"))).toBe(true);
    expect(() => decodeTestConfirmation(encodeTestFrame())).toThrow("frame 0x43 confirms no test");
    expect(() => decodeTestConfirmation(hex("68040b000000"))).toThrow("frame 0xb");
  });

  it("is malformed where it is cut short or no IEC 104", () => {
    refusesEveryPrefix(hex("680483000000"), decodeTestConfirmation);
    survivesAnything(decodeTestConfirmation, [hex("680483000000")]);
    expect(() => iec104Length(Buffer.from("HTTP"))).toThrow("no IEC 104");
    expect(() => iec104Length(hex("6803"))).toThrow("a frame of 3 bytes");
    expect(() => iec104Length(hex("68fe"))).toThrow("a frame of 254 bytes");
  });
});
