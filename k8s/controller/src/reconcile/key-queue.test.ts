import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createKeyQueue } from "./key-queue.ts";

const never = new AbortController().signal;

describe("a queue of keys", () => {
  it("hands out each key once, in the order in which they fall due", async () => {
    const clock = createManualClock();
    const queue = createKeyQueue(clock);
    queue.add("b", 50);
    queue.add("a", 10);
    queue.add("b", 5);
    await clock.advance(20);
    expect([await queue.next(never), await queue.next(never)]).toEqual(["b", "a"]);
  });

  it("keeps a key that changed while it was looked at", async () => {
    const queue = createKeyQueue(createManualClock());
    queue.add("a", 0);
    expect(await queue.next(never)).toBe("a");
    queue.add("a", 0);
    queue.succeeded("a", undefined);
    expect(await queue.next(never)).toBe("a");
  });

  it("wakes for what comes in, and ends with the signal", async () => {
    const queue = createKeyQueue(createManualClock());
    const ending = new AbortController();
    const next = queue.next(ending.signal);
    queue.add("a", 0);
    expect(await next).toBe("a");
    const none = queue.next(ending.signal);
    ending.abort();
    expect(await none).toBeUndefined();
  });

  it("lets a key that fails wait longer each time, whatever changes meanwhile", async () => {
    const clock = createManualClock();
    const queue = createKeyQueue(clock);
    const waits = [0, 1, 2, 3].map(() => queue.failed("a", 500, 2000));
    expect(waits).toEqual([500, 1000, 2000, 2000]);
    queue.add("a", 0);
    const next = queue.next(never);
    await clock.advance(1999);
    let isDue = false;
    void next.then(() => {
      isDue = true;
    });
    await clock.advance(0);
    expect(isDue).toBe(false);
    await clock.advance(1);
    expect(await next).toBe("a");
  });
});
