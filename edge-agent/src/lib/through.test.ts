import { describe, expect, it } from "vitest";
import { through } from "./through.ts";

async function* source(log: string[]): AsyncGenerator<number, string> {
  try {
    yield 1;
    yield 2;
    return "end";
  } finally {
    log.push("closed");
  }
}

describe("through", () => {
  it("hands on what each item becomes, and ends with what the source ends with", async () => {
    const log: string[] = [];
    const seen: number[] = [];
    const all = through(source(log), (n) => (n === 1 ? [n, 10 * n] : []));
    let next = await all.next();
    for (; !next.done; next = await all.next()) seen.push(next.value);
    expect([seen, next.value, log]).toEqual([[1, 10], "end", ["closed"]]);
  });

  it("ends the source when its consumer leaves, or when an item cannot be handed on", async () => {
    const log: string[] = [];
    for await (const n of through(source(log), (one) => [one])) if (n === 1) break;
    expect(log).toEqual(["closed"]);
    const failing = through(source(log), () => {
      throw new Error("no");
    });
    await expect(failing.next()).rejects.toThrow("no");
    expect(log).toEqual(["closed", "closed"]);
  });
});
