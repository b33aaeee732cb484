import { describe, expect, it } from "vitest";
import { createBackoff } from "./backoff.ts";

describe("backoff", () => {
  it("doubles up to the limit, each wait between half a step and a whole one", () => {
    const low = createBackoff(1000, 60_000, () => 0);
    const high = createBackoff(1000, 60_000, () => 1);
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(() => low.next())).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
    expect([1, 2, 3].map(() => high.next())).toEqual([1000, 2000, 4000]);
  });

  it("starts again after a success", () => {
    const backoff = createBackoff(1000, 60_000, () => 0);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(500);
  });
});
