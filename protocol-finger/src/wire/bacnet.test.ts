import { describe, expect, it } from "vitest";
import { bacnetText, bacnetValue } from "../testing/answers.ts";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { decodeReadProperty, encodeReadProperty } from "./bacnet.ts";

const value = (frame: Buffer) => {
  const answer = decodeReadProperty(frame);
  return answer.kind === "value" ? answer.value : answer.reason;
};

/** With its length. */
const framed = (text: string): Buffer => {
  const frame = hex(text);
  frame.writeUInt16BE(frame.length, 2);
  return frame;
};

describe("BACnet ReadProperty", () => {
  it("asks the device object, whatever its number", () => {
    expect(encodeReadProperty("vendor")).toEqual(hex("810a001101040005010c0c023fffff1979"));
    expect(encodeReadProperty("application")).toEqual(hex("810a001101040005010c0c023fffff190c"));
  });

  it.each([
    ["UCS-2", bacnetText(121, "JCI"), "JCI"],
    ["UCS-2, empty", bacnetText(12, ""), ""],
    ["UTF-8", bacnetValue(70, hex("75 06 00 4d532dc3a9")), "MS-é"],
    ["ISO 8859-1", bacnetValue(70, hex("73 05 41e9")), "Aé"],
    [
      "more than 253 bytes",
      bacnetValue(70, Buffer.concat([hex("75fe012d00"), Buffer.alloc(300, "A")])),
      "A".repeat(300),
    ],
    ["a number", bacnetValue(120, hex("2105")), 5],
    ["a number of two bytes", bacnetValue(120, hex("220105")), 261],
    ["an enumeration", bacnetValue(112, hex("9100")), 0],
    ["an object", bacnetValue(75, hex("c4020001f4")), 500],
    ["control characters", bacnetValue(70, hex("74 00 1b4a00")), ".J"],
    ["an odd byte", bacnetValue(70, hex("74 04 004a00")), "J"],
  ])("gives a value in %s", (_name, frame, expected) => {
    expect(value(frame)).toBe(expected);
    refusesEveryPrefix(frame, decodeReadProperty);
  });

  it("is answered through routers and forwarders", () => {
    expect(value(framed("810a0000 01 08 0001 01 05 30010c 0c023fffff 1979 3e 2105 3f"))).toBe(5);
    expect(value(framed("810a0000 01 28 0001 00 0002 02 0506 ff 30010c 0c023fffff 1979 3e 2105 3f"))).toBe(5);
    expect(value(framed("81040000 c0000207bac0 01 00 30010c 0c023fffff 1979 3e 2105 3f"))).toBe(5);
  });

  it.each([
    ["error", "810a0000 0100 50010c 9102 9120"],
    ["reject", "810a0000 0100 600109"],
    ["abort", "810a0000 0100 710104"],
  ])("is refused by an %s", (reason, frame) => {
    expect(value(framed(frame))).toBe(reason);
  });

  it.each([
    ["another link", "820a0000 0100 30010c", "no BACnet/IP"],
    ["another function", "810b0000 0100 30010c", "function 11"],
    ["a message of the network", "810a0000 0180 01", "network layer"],
    ["an answer in pieces", "810a0000 0100 38010c", "in one piece"],
    ["another service", "810a0000 0100 30010e", "another service"],
    ["no object", "810a0000 0100 30010c 0d023fffff", "where it should be"],
    ["a structure", "810a0000 0100 30010c 0c023fffff 1979 3e 2e", "opening or closing tag"],
    ["a date", "810a0000 0100 30010c 0c023fffff 194b 3e a47c010106 3f", "neither text nor number"],
    ["a text without end", "810a0000 0100 30010c 0c023fffff 194b 3e 75ff ffffffff", "65535"],
  ])("is malformed where there is %s", (_name, frame, what) => {
    expect(() => decodeReadProperty(framed(frame))).toThrow(what);
  });

  it("survives anything", () => {
    survivesAnything(decodeReadProperty, [bacnetText(121, "JCI"), bacnetValue(120, hex("2105"))]);
  });
});
