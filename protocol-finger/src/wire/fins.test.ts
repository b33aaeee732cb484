import { describe, expect, it } from "vitest";
import { FINS, FINS_NODE, finsTcp } from "../testing/answers.ts";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import {
  decodeNode,
  decodeTcpUnitData,
  decodeUnitData,
  encodeTcpUnitDataRead,
  encodeUnitDataRead,
  finsTcpLength,
} from "./fins.ts";

const unit = { kind: "unit", model: "CP1L-EL20DR-D", version: "01.00" };

describe("FINS CPU unit data", () => {
  it("names the controller over UDP and TCP", () => {
    expect(decodeUnitData(FINS)).toEqual(unit);
    expect(decodeTcpUnitData(finsTcp(FINS))).toEqual(unit);
    expect(decodeNode(FINS_NODE)).toBe(200);
    expect(encodeTcpUnitDataRead(200).toString("hex")).toContain("80000200c8000000ef05050100");
    expect(encodeUnitDataRead()).toHaveLength(13);
  });

  it("is refused with an end code, whatever flags it bears", () => {
    expect(decodeUnitData(hex("c000020063000000 00ef 0501 0401"))).toEqual({
      kind: "refusal",
      endCode: 0x0401,
    });
    const flagged = Buffer.from(FINS);
    flagged.writeUInt16BE(0x0040, 12);
    expect(decodeUnitData(flagged)).toEqual(unit);
  });

  it.each([
    ["unit data", FINS, decodeUnitData],
    ["unit data over TCP", finsTcp(FINS), decodeTcpUnitData],
    ["a node", FINS_NODE, decodeNode],
  ] as const)("is malformed where it is cut short: %s", (_name, frame, decode) => {
    refusesEveryPrefix(frame, decode);
    survivesAnything(decode, [frame]);
    survivesAnything(finsTcpLength, [frame]);
  });

  it.each([
    ["a request", hex("800002000000006300ef050100"), decodeUnitData, "no answer"],
    ["another command", hex("c0000200630000c800ef 0701 0000"), decodeUnitData, "another command"],
    ["no FINS", hex("46494e54 00000010 00000001 00000000 000000fb 000000c8"), decodeNode, "no FINS/TCP"],
    ["no end", hex("46494e53 00010010"), finsTcpLength, "a length of 65552"],
    ["no node", hex("46494e53 00000010 00000001 00000021 00000000 00000000"), decodeNode, "no node"],
  ] as const)("is malformed where there is %s", (_name, frame, decode, what) => {
    expect(() => decode(frame)).toThrow(what);
  });
});
