import { describe, expect, it } from "vitest";
import { parseS7Address, type S7Address } from "./address.ts";
import { blockProblem, counterProblem, decodeSamples } from "./samples.ts";

function address(text: string): S7Address {
  const parsed = parseS7Address(text);
  if ("problem" in parsed) throw new Error(parsed.problem.message);
  return parsed.address;
}

describe("S7 samples", () => {
  const view = (hex: string): DataView => new DataView(Uint8Array.from(Buffer.from(hex, "hex")).buffer);

  it.each([
    ["INT", 2, "0001fffe", [1, -2]],
    ["REAL", 4, "3f800000bf000000", [1, -0.5]],
    ["LREAL", 8, "3ff0000000000000", [1]],
    ["SINT", 1, "ff7f", [-1, 127]],
    ["USINT", 1, "ff7f", [255, 127]],
    ["BYTE", 1, "ff", [255]],
    ["UINT", 2, "fffe", [65_534]],
    ["WORD", 2, "fffe", [65_534]],
    ["DINT", 4, "ffffffff", [-1]],
    ["UDINT", 4, "00000007", [7]],
    ["DWORD", 4, "00000007", [7]],
  ] as const)("reads a block of %s", (type, bytes, hex, expected) => {
    expect(decodeSamples(view(hex), type, bytes, expected.length)).toEqual(Float32Array.from(expected));
  });

  it("refuses a block that is too short and a type that is no number", () => {
    expect(() => decodeSamples(view("0001"), "INT", 2, 2)).toThrow("2 samples of INT need more than 2 bytes");
    expect(() => decodeSamples(view("0001"), "STRING", 1, 2)).toThrow("STRING is no type of samples");
  });

  it("says what is no block of so many samples", () => {
    expect(blockProblem(address("DB1,INT0.600"), 600)).toBeUndefined();
    expect(blockProblem(address("DB1,INT0.600"), 512)?.message).toBe(
      "it has 600 elements where the waveform has 512 samples",
    );
    expect(blockProblem(address("DB1,X0.0.600"), 600)?.message).toBe("BOOL cannot be read as samples");
  });

  it("says what counts no blocks", () => {
    expect(counterProblem(address("DB1,DINT0"))).toBeUndefined();
    expect(counterProblem(address("DB1,REAL0"))?.message).toBe(
      "a block counter is one whole number, not REAL",
    );
    expect(counterProblem(address("DB1,INT0.2"))?.message).toContain("not an array");
  });
});
