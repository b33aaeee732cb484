import { describe, expect, it } from "vitest";
import { either, number, object, optional, type Shape, text } from "./shape.ts";

describe("shapes", () => {
  it("take null for an absent optional field", () => {
    const shape = object({ a: text, b: optional(number) });
    expect(shape({ a: "x", b: null }, "value", [])).toEqual({ a: "x" });
  });

  it("refuse numbers that are not finite", () => {
    expect(() => number(Number.POSITIVE_INFINITY, "value", [])).toThrow("value: expected a number");
  });

  it("pass on faults that are not about the value", () => {
    const broken: Shape<string> = () => {
      throw new TypeError("a bug");
    };
    expect(() => either(broken, text)("x", "value", [])).toThrow(TypeError);
  });
});
