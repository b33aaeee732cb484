import { describe, expect, it } from "vitest";
import { CODESYS, PROCONOS } from "../testing/answers.ts";
import { refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { codesysLength, decodeCodesysIdentity, encodeCodesysIdentity } from "./codesys.ts";
import { decodeProconosIdentity, encodeProconosIdentity, proconosLength } from "./proconos.ts";

describe("a ProConOS runtime", () => {
  it("names itself, its controller and its project", () => {
    expect(encodeProconosIdentity()).toHaveLength(10);
    expect(decodeProconosIdentity(PROCONOS)).toEqual({
      runtime: "ProConOS V3.0.1040 Oct 29 2002",
      type: "ADAM5510KW 1.24 Build 005",
      project: "510-projec",
    });
  });

  it("is malformed where it is cut short, another protocol or without end", () => {
    refusesEveryPrefix(PROCONOS, decodeProconosIdentity);
    survivesAnything(decodeProconosIdentity, [PROCONOS]);
    expect(() => proconosLength(Buffer.from("HTTP"))).toThrow("no ProConOS");
    expect(() => proconosLength(Buffer.alloc(400, 0xcc))).toThrow("does not end");
  });
});

describe("a CODESYS V2 runtime", () => {
  it("names its system and its product", () => {
    expect(encodeCodesysIdentity()).toHaveLength(7);
    expect(decodeCodesysIdentity(CODESYS)).toEqual({
      os: "Nucleus PLUS",
      osVersion: "Nucleus PLUS version unknown",
      product: "WAGO 750-841 PFC ETHERNET",
    });
  });

  it("is malformed where it is cut short, another protocol or without end", () => {
    refusesEveryPrefix(CODESYS, decodeCodesysIdentity);
    survivesAnything(decodeCodesysIdentity, [CODESYS]);
    expect(() => codesysLength(Buffer.from("HTTP"))).toThrow("no CODESYS");
    expect(() => codesysLength(Buffer.alloc(400, 0xbb))).toThrow("does not end");
  });
});
