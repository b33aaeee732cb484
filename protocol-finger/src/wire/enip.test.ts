import { describe, expect, it } from "vitest";
import { ENIP_REFUSAL, enipAnswer } from "../testing/answers.ts";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { decodeListIdentity, encodeListIdentity, enipLength } from "./enip.ts";

describe("EtherNet/IP ListIdentity", () => {
  it("names a module", () => {
    expect(decodeListIdentity(enipAnswer())).toEqual({
      kind: "identity",
      vendorId: 1,
      deviceType: 12,
      productCode: 58,
      revision: "4.3",
      status: 0x30,
      serial: 0x524d8e,
      productName: "1756-ENBT/A",
    });
  });

  it("is refused by modules that do not know it", () => {
    expect(decodeListIdentity(ENIP_REFUSAL)).toEqual({ kind: "refusal", status: 1 });
  });

  it("asks in one header", () => {
    expect(encodeListIdentity()).toHaveLength(24);
    expect(enipLength(hex("6300"))).toBeUndefined();
    expect(enipLength(enipAnswer())).toBe(enipAnswer().length);
  });

  it("is malformed where it is cut short or another one's", () => {
    refusesEveryPrefix(enipAnswer(), decodeListIdentity);
    refusesEveryPrefix(ENIP_REFUSAL, decodeListIdentity);
    survivesAnything(decodeListIdentity, [enipAnswer()]);
    for (const [at, what] of [
      [0, "no answer to ListIdentity"],
      [24, "there is no item"],
      [26, "this is no identity"],
    ] as const) {
      const other = enipAnswer();
      other.writeUInt8(0, at);
      expect(() => decodeListIdentity(other)).toThrow(what);
    }
  });
});
