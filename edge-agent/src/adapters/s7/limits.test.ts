import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createLimits } from "./limits.ts";

const RETRY_MS = 60_000;
const options = { maxReadBytes: 942, jobsInFlight: 4, refusedRetryMs: RETRY_MS };

function start(known = {}) {
  const clock = createManualClock();
  return { clock, limits: createLimits(options, known, () => clock.monotonicMs()) };
}

describe("S7 limits", () => {
  it("are the options until the device teaches others", () => {
    const { limits } = start();
    expect([limits.maxReadBytes, limits.jobsInFlight, limits.learnt]).toEqual([942, 4, undefined]);
    limits.bound(222);
    expect(limits.maxReadBytes).toBe(222);
  });

  it("halve what was too long, down to one value of eight bytes", () => {
    const { limits } = start();
    limits.bound(222);
    expect(limits.tooLong(200)).toBe(true);
    expect(limits.learnt).toEqual({ maxReadBytes: 100, jobsInFlight: 4 });
    expect(limits.tooLong(16)).toBe(true);
    expect(limits.maxReadBytes).toBe(8);
    expect(limits.tooLong(8)).toBe(false);
    expect(limits.maxReadBytes).toBe(8);
  });

  it("grow again by doubling, up to what the session has room for, and wait longer after each growth that failed", async () => {
    const { clock, limits } = start();
    limits.bound(222);
    limits.tooLong(222);
    const learnt = limits.learnt;
    await clock.advance(RETRY_MS - 1);
    limits.wentWell();
    expect(limits.learnt).toBe(learnt);
    await clock.advance(1);
    limits.wentWell();
    expect(limits.learnt).toEqual({ maxReadBytes: 222, jobsInFlight: 4 });
    limits.tooLong(222);
    await clock.advance(RETRY_MS);
    limits.wentWell();
    expect(limits.maxReadBytes).toBe(111);
    await clock.advance(RETRY_MS);
    limits.wentWell();
    expect(limits.maxReadBytes).toBe(222);
  });

  it("leave one request in flight after an overload, and try more much later", async () => {
    const { clock, limits } = start();
    expect(limits.overloaded()).toBe(true);
    expect(limits.learnt).toEqual({ maxReadBytes: 942, jobsInFlight: 1 });
    const learnt = limits.learnt;
    expect(limits.overloaded()).toBe(false);
    expect(limits.learnt).toBe(learnt);
    await clock.advance(10 * RETRY_MS);
    limits.wentWell();
    expect(limits.jobsInFlight).toBe(2);
  });

  it("take two connections in a row that were dropped under load for an overload", () => {
    const { limits } = start();
    limits.dropped(1);
    limits.dropped(4);
    limits.wentWell();
    limits.dropped(4);
    expect(limits.jobsInFlight).toBe(4);
    limits.dropped(4);
    expect(limits.jobsInFlight).toBe(1);
  });

  it("begin with what earlier runs learnt, as far as the options allow", () => {
    expect(start({ maxReadBytes: 111, jobsInFlight: 1 }).limits).toMatchObject({
      maxReadBytes: 111,
      jobsInFlight: 1,
      learnt: undefined,
    });
    expect(start({ maxReadBytes: 5000, jobsInFlight: 0 }).limits).toMatchObject({
      maxReadBytes: 942,
      jobsInFlight: 1,
    });
    expect(start({ maxReadBytes: Number.NaN }).limits.maxReadBytes).toBe(942);
  });
});
