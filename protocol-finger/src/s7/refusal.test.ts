import { describe, expect, it } from "vitest";
import { isAnswerError, s7Refusal } from "./refusal.ts";

describe("S7 refusal", () => {
  it.each([
    [0x01, "device", undefined],
    [0x03, "address", "S7_PROTECTED"],
    [0x05, "address", "S7_BEYOND_BLOCK"],
    [0x06, "address", undefined],
    [0x07, "address", undefined],
    [0x0a, "address", "S7_BLOCK_MISSING"],
    [0x55, "device", undefined],
    [0x8104, "device", "S7_PUT_GET_OFF"],
    [0x8302, "load", "S7_OVERLOADED"],
    [0x8304, "load", "S7_OVERLOADED"],
    [0x8305, "device", undefined],
    [0x8500, "length", "S7_OVER_PDU"],
    [0x8503, "load", "S7_OVERLOADED"],
    [0x8504, "length", "S7_OVER_PDU"],
    [0x8702, "device", undefined],
    [0xd0a1, "device", "S7_PROTECTED"],
    [0xd241, "device", "S7_PROTECTED"],
    [0xd402, "device", undefined],
    [0xd602, "device", "S7_PROTECTED"],
    [0xd604, "device", "S7_PROTECTED"],
    [0xd605, "device", "S7_PROTECTED"],
  ])("of code %i blames and diagnoses", (code, blames, diagnosis) => {
    const refusal = s7Refusal(code);
    expect(refusal.blames).toBe(blames);
    expect(refusal.diagnosis).toBe(diagnosis);
  });

  it("names the code where it knows nothing more of it", () => {
    expect(s7Refusal(0x55).reason).toBe("item return code 0x55");
    expect(s7Refusal(0x8702).reason).toBe("the controller answers with error 0x8702");
  });

  it("is one of an item or one of a whole answer", () => {
    expect([0x0a, 0x8104].map(isAnswerError)).toEqual([false, true]);
  });
});
