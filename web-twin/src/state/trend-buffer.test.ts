import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAgentClock } from "./agent-clock.ts";
import { createTrendBuffer } from "./trend-buffer.ts";

const history = (time: readonly number[], mean: readonly (number | null)[] = time) => ({
  id: "t",
  unit: "Cel",
  time,
  mean,
  min: mean.map((value) => (value === null ? null : value - 1)),
  max: mean.map((value) => (value === null ? null : value + 1)),
});

describe("a trend buffer", () => {
  it("goes on after the history with live values", () => {
    const buffer = createTrendBuffer(100, 50);
    buffer.load(history([10, 20]));
    buffer.append(25, 7);
    buffer.append(30, null);
    expect(buffer.columns()).toEqual({
      time: [10, 20, 25, 30],
      mean: [10, 20, 7, null],
      min: [9, 19, 7, null],
      max: [11, 21, 7, null],
    });
  });

  it("keeps what came live while the history was under way, once", () => {
    const buffer = createTrendBuffer(100, 50);
    buffer.append(20, 1);
    buffer.append(40, 2);
    buffer.load(history([10, 20, 30, 50], [1, 2, 3, null]));
    expect(buffer.columns().time).toEqual([10, 20, 30, 40]);
  });

  it("takes no value that is not newer", () => {
    const buffer = createTrendBuffer(100, 50);
    buffer.append(20, 1);
    buffer.append(20, 2);
    buffer.append(5, 3);
    expect(buffer.columns().mean).toEqual([1]);
  });

  it("takes columns that are too short for absent values", () => {
    const buffer = createTrendBuffer(100, 50);
    buffer.load({ id: "t", unit: "1", time: [1], mean: [4], min: [], max: [] });
    expect(buffer.columns()).toEqual({ time: [1], mean: [4], min: [null], max: [null] });
  });

  it("stays within its span and its bound, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 200 }), (times) => {
        const buffer = createTrendBuffer(100, 30);
        for (const time of times) buffer.append(time, time);
        const kept = buffer.columns().time;
        const newest = kept.at(-1) ?? 0;
        expect(kept.length).toBeLessThanOrEqual(30);
        expect(kept.every((time, i) => time >= newest - 100 && (i === 0 || time > (kept[i - 1] ?? 0)))).toBe(
          true,
        );
      }),
    );
  });
});

describe("the agent's clock", () => {
  it("is this machine's until the agent has spoken, then the agent's", () => {
    let own = 1_000;
    const clock = createAgentClock(() => own);
    expect(clock.now()).toBe(1_000);
    clock.heard(500_000);
    own += 30;
    expect(clock.now()).toBe(500_030);
  });
});
