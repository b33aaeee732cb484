import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createLoginLimit, WAIT_MS } from "./login-limit.ts";

const fail = (limit: ReturnType<typeof createLoginLimit>, address: string, times: number): void => {
  for (let i = 0; i < times; i += 1) limit.countFailure(address);
};

describe("createLoginLimit", () => {
  it("lets an address try until it failed ten times, and others on", () => {
    const limit = createLoginLimit(createManualClock());
    fail(limit, "10.0.0.1", 9);
    expect(limit.mayTry("10.0.0.1")).toBe(true);
    fail(limit, "10.0.0.1", 1);
    expect(limit.mayTry("10.0.0.1")).toBe(false);
    expect(limit.mayTry("10.0.0.2")).toBe(true);
  });

  it("lets it try again a minute after the first failure", async () => {
    const clock = createManualClock();
    const limit = createLoginLimit(clock);
    fail(limit, "10.0.0.1", 10);
    await clock.advance(WAIT_MS - 1);
    expect(limit.mayTry("10.0.0.1")).toBe(false);
    await clock.advance(1);
    expect(limit.mayTry("10.0.0.1")).toBe(true);
    fail(limit, "10.0.0.1", 9);
    expect(limit.mayTry("10.0.0.1")).toBe(true);
  });

  it("remembers a thousand addresses and no more", () => {
    const limit = createLoginLimit(createManualClock());
    fail(limit, "first", 10);
    fail(limit, "second", 10);
    for (let i = 0; i < 999; i += 1) limit.countFailure(`10.0.${i >> 8}.${i & 255}`);
    expect(limit.mayTry("first")).toBe(true);
    expect(limit.mayTry("second")).toBe(false);
  });
});
