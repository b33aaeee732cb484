import { describe, expect, it } from "vitest";
import {
  either,
  ifGood,
  type Notes,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  text,
  variants,
} from "./shape.ts";

describe("shapes", () => {
  it("take null for an absent optional field", () => {
    const shape = object({ a: text, b: optional(number) });
    expect(shape({ a: "x", b: null }, "value", [])).toEqual({ a: "x" });
  });

  it("tell by a word which of several shapes an object has", () => {
    const shape = variants("code", {
      a: object({ code: oneOf("a"), n: number }),
      b: object({ code: oneOf("b") }),
    });
    expect(shape({ code: "a", n: 1 }, "value", [])).toEqual({ code: "a", n: 1 });
    expect(() => shape({ code: "a" }, "value", [])).toThrow("value.n: expected a number");
    expect(() => shape({ code: "c" }, "value", [])).toThrow("value.code: expected one of a, b");
    expect(() => shape([], "value", [])).toThrow("value: expected an object");
  });

  it("leave out and note a field that is misshapen where the rest is worth having", () => {
    const notes: Notes = [];
    const shape = object({ a: text, b: ifGood(object({ n: number })) });
    expect(shape({ a: "x", b: { n: "1" } }, "value", notes)).toEqual({ a: "x", b: undefined });
    expect(notes).toEqual(["value.b.n: expected a number"]);
    const broken: Shape<string> = () => {
      throw new TypeError("a bug");
    };
    expect(() => object({ b: ifGood(broken) })({ b: 1 }, "value", [])).toThrow(TypeError);
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
