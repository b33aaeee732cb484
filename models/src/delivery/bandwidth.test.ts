import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBandwidth } from "./bandwidth.ts";

const never = new AbortController().signal;

/** When each of the takes was let through. */
async function passed(
  sizes: readonly number[],
  rate: number,
  clock: ManualClock,
): Promise<{ ms: number; bytes: number }[]> {
  const line = createBandwidth(rate, clock);
  const through: { ms: number; bytes: number }[] = [];
  const all = (async () => {
    for (const bytes of sizes) {
      await line.take(bytes, never);
      through.push({ ms: clock.monotonicMs(), bytes });
    }
  })();
  const most = (sizes.reduce((sum, bytes) => sum + bytes, 0) / rate) * 1000;
  await clock.advance(most + 1000);
  await all;
  return through;
}

describe("the bandwidth limit", () => {
  it("lets a second's worth through at once and no more than its rate after that", async () => {
    const clock = createManualClock();
    const through = await passed(
      Array.from({ length: 12 }, () => 7000),
      28_000,
      clock,
    );
    expect(through.map(({ ms }) => Math.round(ms))).toEqual([
      0, 0, 0, 0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000,
    ]);
  });

  it("never gives more than its rate and one second's depth, in any stretch of time, whatever the chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1000, max: 100_000 }),
        async (sizes, rate) => {
          const through = await passed(sizes, rate, createManualClock());
          expect(through).toHaveLength(sizes.length);
          for (const [i, first] of through.entries()) {
            // What was waited for in parts counts from when its last part came.
            let bytes = Math.min(first.bytes, rate);
            for (const next of through.slice(i + 1)) {
              bytes += next.bytes;
              expect(bytes).toBeLessThanOrEqual(rate * ((next.ms - first.ms) / 1000 + 1) + 1);
            }
          }
        },
      ),
      { seed: 4, numRuns: 60 },
    );
  });

  it("is one line for everybody, and goes on when one of them gives up", async () => {
    const clock = createManualClock();
    const line = createBandwidth(1000, clock);
    const stop = new AbortController();
    await line.take(1000, never);
    const given = line.take(500, stop.signal);
    const next = line.take(500, never).then(() => clock.monotonicMs());
    stop.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    await clock.advance(2000);
    expect(await next).toBe(500);
  });

  it("has no limit where none is wanted", async () => {
    const clock = createManualClock();
    await createBandwidth(Number.POSITIVE_INFINITY, clock).take(1e12, never);
    expect(clock.monotonicMs()).toBe(0);
  });
});
