import { describe, expect, it } from "vitest";
import { createTransactionIds } from "./transaction-ids.ts";

describe("transaction ids", () => {
  it("go from 1 through all 16 bits before one comes again", () => {
    const ids = createTransactionIds();
    const seen = new Set<number>();
    for (let i = 0; i < 65_536; i += 1) {
      const id = ids.take(0) ?? -1;
      seen.add(id);
      ids.release(id);
    }
    expect(seen.size).toBe(65_536);
    expect(ids.take(0)).toBe(1);
  });

  it("are not given out again while an answer is awaited", () => {
    const ids = createTransactionIds();
    ids.take(0);
    for (let i = 0; i < 65_535; i += 1) ids.release(ids.take(0) ?? -1);
    expect(ids.take(0)).toBe(2);
  });

  it("are not given out again while the answer that nobody awaits may still come: five minutes", () => {
    const ids = createTransactionIds();
    ids.abandon(ids.take(0) ?? -1, 1000);
    const around = (nowMs: number) => {
      for (let i = 0; i < 65_535; i += 1) ids.release(ids.take(nowMs) ?? -1);
      return ids.take(nowMs);
    };
    expect(around(300_999)).toBe(2);
    ids.release(2);
    const later = createTransactionIds();
    later.abandon(later.take(0) ?? -1, 1000);
    for (let i = 0; i < 65_535; i += 1) later.release(later.take(2000) ?? -1);
    expect(later.take(301_000)).toBe(1);
  });

  it("run out when no answer ever comes", () => {
    const ids = createTransactionIds();
    for (let i = 0; i < 65_536; i += 1) ids.take(0);
    expect(ids.take(0)).toBeUndefined();
  });
});
