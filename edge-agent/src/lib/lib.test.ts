import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBoundedQueue } from "./bounded-queue.ts";
import { createTable } from "./table.ts";

describe("table", () => {
  it("keeps every index it gave out and replaces namesakes in place", () => {
    const table = createTable<{ id: string; rev: number }>();
    expect([
      ...table.place([
        { id: "a", rev: 1 },
        { id: "b", rev: 1 },
      ]),
    ]).toEqual([0, 1]);
    expect([
      ...table.place([
        { id: "c", rev: 1 },
        { id: "a", rev: 2 },
      ]),
    ]).toEqual([2, 0]);
    expect(table.items.map((item) => `${item.id}${item.rev}`)).toEqual(["a2", "b1", "c1"]);
  });
});

describe("bounded queue", () => {
  it("gives up the oldest item when full, and says so", async () => {
    const dropped: number[] = [];
    const queue = createBoundedQueue<number>(3, (item) => dropped.push(item));
    expect([1, 2, 3, 4, 5].map((item) => queue.push(item))).toEqual([true, true, true, false, false]);
    expect(dropped).toEqual([1, 2]);
    expect(queue.dropped).toBe(2);
    expect(queue.take(10)).toEqual([3, 4, 5]);
  });

  it("hands over what is there when it is closed, then ends, and takes nothing more", async () => {
    const queue = createBoundedQueue<number>(3);
    queue.push(1);
    queue.close();
    expect(queue.push(2)).toBe(false);
    const seen: number[] = [];
    for await (const item of queue) seen.push(item);
    expect(seen).toEqual([1]);
  });

  it("wakes a consumer that waits", async () => {
    const queue = createBoundedQueue<string>(2);
    const iterator = queue[Symbol.asyncIterator]();
    const next = iterator.next();
    queue.push("late");
    expect(await next).toEqual({ value: "late", done: false });
    const end = iterator.next();
    queue.close();
    expect((await end).done).toBe(true);
  });

  it("always holds the newest items in order", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.oneof(fc.nat(), fc.constant("take" as const))),
        (bound, steps) => {
          const queue = createBoundedQueue<number>(bound);
          let model: number[] = [];
          for (const step of steps) {
            if (step === "take") expect(queue.take(2)).toEqual(model.splice(0, 2));
            else {
              queue.push(step);
              model = [...model, step].slice(-bound);
            }
          }
          expect(queue.size).toBe(model.length);
          expect(queue.take(100)).toEqual(model);
        },
      ),
    );
  });
});
