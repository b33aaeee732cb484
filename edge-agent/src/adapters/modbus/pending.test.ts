import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createPending, type Waiting } from "./pending.ts";

const request = { unit: 1, table: "hr", start: 0, quantity: 1 } as const;
const ignore = () => undefined;

function waiting(id: number, sentAtMs: number): Waiting {
  return { id, request, sentAtMs, resolve: ignore, reject: ignore };
}

function setUp() {
  const clock = createManualClock();
  const expired: [number, number][] = [];
  const pending = createPending(1000, clock, ({ id }) => expired.push([id, clock.monotonicMs()]));
  return { clock, expired, pending };
}

describe("pending questions", () => {
  it("each expire when their own time is over, with one timer for all", async () => {
    const { clock, expired, pending } = setUp();
    pending.add(waiting(1, 0));
    await clock.advance(300);
    pending.add(waiting(2, 300));
    pending.add(waiting(3, 300));
    expect(clock.waiting).toBe(1);
    await clock.advance(2000);
    expect(expired).toEqual([
      [1, 1000],
      [2, 1300],
      [3, 1300],
    ]);
    expect(clock.waiting).toBe(0);
  });

  it("do not expire when they were answered", async () => {
    const { clock, expired, pending } = setUp();
    pending.add(waiting(1, 0));
    await clock.advance(300);
    pending.add(waiting(2, 300));
    expect(pending.take(1)?.id).toBe(1);
    expect(pending.take(1)).toBeUndefined();
    await clock.advance(2000);
    expect(expired).toEqual([[2, 1300]]);
    pending.add(waiting(4, 2300));
    await clock.advance(1000);
    expect(expired.at(-1)).toEqual([4, 3300]);
  });

  it("leave no timer behind when the connection ends", async () => {
    const { clock, expired, pending } = setUp();
    pending.add(waiting(1, 0));
    pending.add(waiting(2, 0));
    expect(pending.drain().map(({ id }) => id)).toEqual([1, 2]);
    expect(clock.waiting).toBe(0);
    await clock.advance(2000);
    expect(expired).toEqual([]);
  });
});
