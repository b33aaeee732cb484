import { describe, expect, it } from "vitest";
import { ADS } from "../testing/answers.ts";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { decodeAdsDiscovery, encodeAdsDiscovery } from "./ads.ts";

describe("ADS discovery", () => {
  it("asks from a net id of nobody", () => {
    expect(encodeAdsDiscovery()).toEqual(hex("03661471 00000000 01000000 c00002010101 1027 00000000"));
  });

  it("tells host, TwinCAT and system", () => {
    expect(decodeAdsDiscovery(ADS)).toEqual({
      netId: "5.35.18.112.1.1",
      host: "CX-123456",
      twincat: "3.1.4024",
      os: "Windows NT 10.0.19045",
    });
  });

  it("does without what is not told, and gives an unknown platform its number", () => {
    const head = "03661471 00000000 01000080 052312700101 1027";
    expect(decodeAdsDiscovery(hex(`${head} 00000000`))).toEqual({ netId: "5.35.18.112.1.1", host: "" });
    const other = hex(`${head} 01000000 0400 1400 14000000 0d000000 00000000 01000000 07000000`);
    expect(decodeAdsDiscovery(other).os).toBe("platform 7 13.0.1");
  });

  it("is malformed where it is cut short or another one's", () => {
    refusesEveryPrefix(ADS, decodeAdsDiscovery);
    survivesAnything(decodeAdsDiscovery, [ADS]);
    expect(() => decodeAdsDiscovery(encodeAdsDiscovery())).toThrow("no answer to a discovery");
    expect(() => decodeAdsDiscovery(hex("03661472"))).toThrow("no ADS discovery");
    const flood = "03661471 00000000 01000080 052312700101 1027 ffffffff";
    expect(() => decodeAdsDiscovery(hex(flood))).toThrow("4294967295 blocks");
  });
});
