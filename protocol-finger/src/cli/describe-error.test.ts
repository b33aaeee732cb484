import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { describeError } from "./describe-error.ts";

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("nothing was thrown");
}

it("tells what went wrong and why on one line", () => {
  expect(describeError(new Error("the file is damaged", { cause: new Error("EIO: i/o error") }))).toBe(
    "the file is damaged (EIO: i/o error)",
  );
  const broken = thrownBy(() => parse("a: [b\n"));
  expect(describeError(new Error("no YAML", { cause: broken }))).toMatch(
    /^no YAML \(.* at line 2, column 1:\)$/,
  );
});

it("does not say twice what a message has of its cause", () => {
  const cause = new Error("read ECONNRESET");
  expect(describeError(new Error("hung up (read ECONNRESET)", { cause }))).toBe("hung up (read ECONNRESET)");
});

it("keeps what a schema library has to say to itself", () => {
  const cause = thrownBy(() => z.string().parse(1));
  expect(describeError(new Error("entry 1: is no text", { cause }))).toBe("entry 1: is no text");
});

it("takes whatever was thrown", () => {
  expect(describeError("a string")).toBe("a string");
  expect(describeError(new TypeError())).toBe("TypeError");
});
