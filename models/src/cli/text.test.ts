import { describe, expect, it } from "vitest";
import { ZodError } from "zod";
import { describeError, sizeText } from "./text.ts";

describe("text", () => {
  it("writes sizes as lines are sold, in powers of 1000", () => {
    expect([0, 999, 1000, 11_418_781, 2e12].map(sizeText)).toEqual([
      "0 bytes",
      "999 bytes",
      "1.0 kB",
      "11.4 MB",
      "2000.0 GB",
    ]);
  });

  it("tells an error with its causes, each thing once", () => {
    const cause = new Error("no route");
    expect(describeError(new Error("unreachable", { cause }))).toBe("unreachable (no route)");
    expect(describeError(new Error("unreachable: no route", { cause }))).toBe("unreachable: no route");
    expect(describeError(new Error("is no manifest", { cause: new ZodError([]) }))).toBe("is no manifest");
    expect(describeError("odd")).toBe("odd");
    expect(describeError(new TypeError(""))).toBe("TypeError");
  });
});
