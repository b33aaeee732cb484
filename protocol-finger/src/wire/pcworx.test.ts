import { describe, expect, it } from "vitest";
import { PCWORX } from "../testing/answers.ts";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import {
  decodePcworxHello,
  decodePcworxIdentity,
  encodePcworxHello,
  encodePcworxIdentity,
  encodePcworxSession,
  pcworxLength,
} from "./pcworx.ts";

describe("PC WORX", () => {
  it("asks as nmap's script does", () => {
    expect(encodePcworxHello().toString("latin1")).toContain("IBETH01N0_M\0");
    expect(encodePcworxSession(0x4c)).toEqual(hex("01050016 00010000 788000 4c 000000060004 02950000"));
    expect(encodePcworxIdentity(0x4c)).toEqual(hex("0106000e 00020000 000000 4c 0400"));
  });

  it("gives a session and names the controller", () => {
    expect(decodePcworxHello(PCWORX.hello)).toBe(0x4c);
    expect(pcworxLength(PCWORX.session)).toBe(18);
    expect(decodePcworxIdentity(PCWORX.identity)).toEqual({
      model: "ILC 151 ETH",
      orderNumber: "2700974",
      firmware: "4.41",
      firmwareDate: "09/28/15",
    });
  });

  it("is malformed where it is cut short, too short or another protocol", () => {
    refusesEveryPrefix(PCWORX.hello, decodePcworxHello);
    refusesEveryPrefix(PCWORX.identity, decodePcworxIdentity);
    survivesAnything(decodePcworxIdentity, [PCWORX.identity]);
    survivesAnything(decodePcworxHello, [PCWORX.hello]);
    expect(() => pcworxLength(hex("cc010014"))).toThrow("no PC WORX");
    expect(() => pcworxLength(hex("81010003"))).toThrow("a message of 3 bytes");
    expect(() => decodePcworxIdentity(PCWORX.hello)).toThrow("where 153 are due");
  });
});
