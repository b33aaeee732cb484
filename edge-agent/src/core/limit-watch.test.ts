import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLimitWatch } from "./limit-watch.ts";
import type { Level, TagLimits } from "./limits.ts";
import { StatusCode } from "./quality.ts";
import type { ReadingBatch } from "./reading.ts";

const SECOND = 1e6;
const limits = (more: Partial<TagLimits>): TagLimits => ({ hysteresis: 0, delayS: 0, ...more });
const LADDER = limits({ lowLow: -20, low: -10, high: 10, highHigh: 20 });

function batch(tag: number, value: number, timeUs: number, status: number = StatusCode.Good): ReadingBatch {
  return {
    count: 1,
    tag: Uint32Array.of(tag),
    value: Float64Array.of(value),
    status: Uint32Array.of(status),
    sourceTimeUs: Float64Array.of(timeUs),
    agentTimeUs: timeUs,
    sequence: Float64Array.of(1),
    other: new Map(),
  };
}

/** One value a second; undefined: bad quality; "tick": only time passes. @returns level after each */
function levels(of: TagLimits, script: readonly (number | "tick" | undefined)[]): Level[] {
  const watch = createLimitWatch(3, [{ tag: 1, limits: of }]);
  let told: Level = 0;
  const onLevel = (tag: number, level: Level): void => {
    expect(tag).toBe(1);
    expect(level).not.toBe(told);
    told = level;
  };
  return script.map((entry, i) => {
    const now = (i + 1) * SECOND;
    if (entry === "tick") watch.tick(now, onLevel);
    else if (entry === undefined) watch.take(batch(1, Number.NaN, now, StatusCode.Bad), onLevel);
    else watch.take(batch(1, entry, now), onLevel);
    expect(watch.level(1)).toBe(told);
    return told;
  });
}

describe("limit watch", () => {
  it("tells beyond which limit a value is, on either side", () => {
    expect(levels(LADDER, [0, 10, 11, 21, 15, 5, -10, -11, -21, -15, 0, 21, -21])).toEqual([
      0, 0, 1, 2, 1, 0, 0, -1, -2, -1, 0, 2, -2,
    ]);
  });

  it("lets a value count as beyond until it is back by the hysteresis", () => {
    const of = limits({ low: -10, high: 10, highHigh: 20, hysteresis: 2 });
    expect(levels(of, [11, 9, 8, 21, 19, 17.9, 8.1, 7.9, -11, -9, -7])).toEqual([
      1, 1, 0, 2, 2, 1, 1, 0, -1, -1, 0,
    ]);
  });

  it("waits for the delay, also while the value is not read again, and begins anew after a break", () => {
    const of = limits({ high: 10, highHigh: 20, delayS: 3 });
    expect(levels(of, [11, "tick", "tick", "tick"])).toEqual([0, 0, 0, 1]);
    expect(levels(of, [11, 11, 9, 11, 11, 11, 11])).toEqual([0, 0, 0, 0, 0, 0, 1]);
    // Time beyond the farther limit is time beyond the nearer one, not the other way round.
    expect(levels(of, [11, 21, 11, 21, "tick", "tick", "tick"])).toEqual([0, 0, 0, 1, 1, 1, 2]);
  });

  it("keeps its level over bad quality and does not count that time as beyond", () => {
    expect(levels(LADDER, [11, undefined, undefined, 12])).toEqual([1, 1, 1, 1]);
    const delayed = limits({ high: 10, delayS: 2 });
    expect(levels(delayed, [11, undefined, "tick", "tick", 11, 11, 11])).toEqual([0, 0, 0, 0, 0, 0, 1]);
  });

  it("goes on from the level of an earlier run without telling it again", () => {
    const watch = createLimitWatch(1, [{ tag: 0, limits: LADDER }]);
    watch.resume(0, 2);
    const told: Level[] = [];
    watch.take(batch(0, 25, 1), (_, level) => void told.push(level));
    watch.take(batch(0, 0, 2), (_, level) => void told.push(level));
    expect(told).toEqual([0]);
  });

  it("does not mind tags without limits", () => {
    const watch = createLimitWatch(2, [{ tag: 0, limits: LADDER }]);
    watch.resume(1, 2);
    watch.take(batch(1, 1000, 1), () => expect.fail("has no limits"));
    expect(watch.level(1)).toBe(0);
  });

  it("without a delay says of any values what the last one says, give or take the hysteresis", () => {
    const value = fc.double({ min: -40, max: 40, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1 }),
        fc.double({ min: 0, max: 9, noNaN: true }),
        (all, hysteresis) => {
          const last = all.at(-1) ?? 0;
          const level = levels({ ...LADDER, hysteresis }, all).at(-1) ?? 0;
          const plain = (limit: number): number => (last > 20 - limit ? 2 : last > 10 - limit ? 1 : 0);
          const low = (limit: number): number => (last < limit - 20 ? 2 : last < limit - 10 ? 1 : 0);
          expect(level).toBeGreaterThanOrEqual(-low(hysteresis));
          expect(level).toBeLessThanOrEqual(plain(hysteresis));
          if (plain(0) > 0) expect(level).toBeGreaterThanOrEqual(plain(0));
          if (low(0) > 0) expect(level).toBeLessThanOrEqual(-low(0));
        },
      ),
    );
  });
});
