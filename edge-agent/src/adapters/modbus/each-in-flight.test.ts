import { describe, expect, it } from "vitest";
import { eachInFlight } from "./each-in-flight.ts";

describe("jobs in flight", () => {
  it("run in order, at most so many at a time", async () => {
    let running = 0;
    let most = 0;
    const order: number[] = [];
    await eachInFlight([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      order.push(item);
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
    });
    expect(order).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  it("end with the first failure, after those under way", async () => {
    const ended: number[] = [];
    const gate = Promise.withResolvers<void>();
    const all = eachInFlight([1, 2, 3, 4], 2, async (item) => {
      if (item === 1) throw new Error("first");
      await gate.promise;
      ended.push(item);
      throw new Error("second");
    });
    gate.resolve();
    await expect(all).rejects.toThrow("first");
    expect(ended).toEqual([2]);
  });

  it("have nothing to do for nothing", async () => {
    await expect(eachInFlight([], 4, () => Promise.reject(new Error("called")))).resolves.toBeUndefined();
  });
});
