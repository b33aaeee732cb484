import { describe, expect, it } from "vitest";
import { createFrameCheck } from "./line-rules.ts";
import type { FrameRule } from "./probe.ts";

const rule = (name: string, pattern: FrameRule["pattern"]): FrameRule => ({
  protocol: "s7",
  name,
  pattern,
  source: "this test",
});

const check = createFrameCheck([
  rule("fixed", "03 00 ?? 0A"),
  rule("any of two bytes", "????"),
  rule("by its decoder", (frame) => frame.length > 4 && frame[0] === 7),
]);
const allowedBy = (hex: string) => check(Buffer.from(hex, "hex")).name;

describe("the rules of frames", () => {
  it("allow what is equal byte for byte, but for those that vary", () => {
    expect(allowedBy("0300ff0a")).toBe("fixed");
    expect(allowedBy("abcd")).toBe("any of two bytes");
    expect(allowedBy("0700000000")).toBe("by its decoder");
  });

  it.each(["0300ff0b", "0300ff", "0300ff0a00", "", "ab", "abcdef", "07000000"])("refuse %j", (hex) => {
    expect(() => check(Buffer.from(hex, "hex"))).toThrow(TypeError);
  });

  it.each(["", "0", "03 0", "xx", "03 ? 00", "???"])("refuse the pattern %j at once", (pattern) => {
    expect(() => createFrameCheck([rule("bad", pattern)])).toThrow('frame rule "bad"');
  });
});
