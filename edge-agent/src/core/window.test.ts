import { describe, expect, it } from "vitest";
import { slide, windowCount } from "./window.ts";

const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i);

describe("slide", () => {
  it("cuts overlapping windows and leaves the rest that fills none", () => {
    const windows = [...slide(ramp(11), 4, 3)];
    expect(windows.map((window) => [...window])).toEqual([
      [0, 1, 2, 3],
      [3, 4, 5, 6],
      [6, 7, 8, 9],
    ]);
  });

  it("makes one window of a block of just its length", () => {
    expect([...slide(ramp(4), 4, 4)]).toEqual([ramp(4)]);
  });

  it("makes none of a block that is too short", () => {
    expect([...slide(ramp(3), 4, 4)]).toEqual([]);
  });

  it("gives the caller arrays of its own", () => {
    const block = ramp(8);
    const [first] = slide(block, 4, 4);
    block.fill(9);
    expect([...(first ?? [])]).toEqual([0, 1, 2, 3]);
  });
});

describe("windowCount", () => {
  it("counts half-overlapping windows", () => {
    expect(windowCount(8192, 8192, 4096)).toBe(1);
    expect(windowCount(16_384, 8192, 4096)).toBe(3);
  });

  it.each([
    [0, 1],
    [1, 0],
  ])("refuses windows of %i samples every %i", (length, hop) => {
    expect(() => windowCount(10, length, hop)).toThrow(RangeError);
  });
});
