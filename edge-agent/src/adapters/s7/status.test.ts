import { describe, expect, it } from "vitest";
import { refusalOf } from "./status.ts";

describe("status of an S7 refusal", () => {
  it.each([
    [0x01, 0x808b0000],
    [0x03, 0x801f0000],
    [0x05, 0x80340000],
    [0x06, 0x80740000],
    [0x07, 0x80740000],
    [0x0a, 0x80340000],
    [0x55, 0x808b0000],
    [0x8104, 0x801f0000],
    [0x8304, 0x808b0000],
    [0x8500, 0x80890000],
    [0xd0a1, 0x801f0000],
    [0xd241, 0x801f0000],
  ])("of code %i is %i, with the reason", (code, status) => {
    expect(refusalOf(code)).toMatchObject({ status, reason: expect.stringMatching(/\w/) });
  });
});
