import { describe, expect, it } from "vitest";
import { inParallel } from "./in-parallel.ts";

describe("work in parallel", () => {
  it("does all of it, so many at a time", async () => {
    let running = 0;
    let most = 0;
    const done = await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return item * 2;
    });
    expect([...done].sort((a, b) => a - b)).toEqual([2, 4, 6, 8, 10, 12, 14]);
    expect(most).toBe(3);
  });

  it("begins nothing more when one throws, and waits for those that run", async () => {
    const ended: number[] = [];
    const work = inParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
      if (item === 1) throw new Error("one");
      await Promise.resolve();
      ended.push(item);
    });
    await expect(work).rejects.toThrow("one");
    expect(ended.length).toBeLessThan(3);
  });
});
