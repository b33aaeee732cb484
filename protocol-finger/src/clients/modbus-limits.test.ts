import { describe, expect, it } from "vitest";
import { createBlockLimit } from "./modbus-limits.ts";

describe("block limit", () => {
  it("doubles with every block that it could fill more than half of, until the most", () => {
    const limit = createBlockLimit(32, 111);
    const seen = [0, 1, 2].map(() => {
      limit.succeeded(limit.now);
      return limit.now;
    });
    expect(seen).toEqual([64, 111, 111]);
  });

  it("stays where less than a block was asked for", () => {
    const limit = createBlockLimit(32, 125);
    limit.succeeded(10);
    expect(limit.now).toBe(32);
  });

  it("halves what the device says is too much, and does not ask for more again", () => {
    const limit = createBlockLimit(32, 125);
    limit.succeeded(32);
    expect(limit.learnt).toBeUndefined();
    limit.refused(64, "quantity");
    expect([limit.now, limit.learnt]).toEqual([32, 32]);
    limit.succeeded(32);
    expect(limit.now).toBe(32);
    limit.refused(32, "quantity");
    expect(limit.now).toBe(16);
  });

  it("does not blame a size that worked, nor the first one for a wrong address", () => {
    const limit = createBlockLimit(32, 125);
    limit.refused(32, "address");
    expect(limit.now).toBe(32);
    limit.succeeded(32);
    limit.succeeded(64);
    limit.refused(64, "silence");
    limit.refused(60, "address");
    expect(limit.now).toBe(125);
    limit.refused(125, "address");
    expect(limit.now).toBe(62);
  });

  it("takes silence before the first answer for a reason to ask for less, not for a limit", () => {
    const limit = createBlockLimit(32, 125);
    limit.refused(32, "silence");
    expect(limit.now).toBe(16);
    limit.succeeded(16);
    expect(limit.now).toBe(32);
    limit.refused(32, "silence");
    limit.succeeded(16);
    expect(limit.now).toBe(16);
  });

  it("never asks for nothing, and for no more than it may", () => {
    expect(createBlockLimit(32, 8).now).toBe(8);
    const limit = createBlockLimit(32, 125);
    for (let i = 0; i < 10; i += 1) limit.refused(limit.now, "quantity");
    expect(limit.now).toBe(1);
  });
});
