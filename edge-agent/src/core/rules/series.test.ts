import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Statistic } from "./rule.ts";
import { createSeries } from "./series.ts";

const S = 1e6;

/** Everything kept, everything summed up anew. */
function naive(
  samples: readonly { readonly at: number; readonly value: number }[],
  widthUs: number,
  nowUs: number,
): { count: number; min: number; max: number; mean: number; stddev: number; rate: number } {
  const inside = samples
    .filter(({ at }) => at > nowUs - widthUs && at <= nowUs)
    .toSorted((a, b) => a.at - b.at);
  const values = inside.map(({ value }) => value);
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const lapse = ((inside.at(-1)?.at ?? 0) - (inside[0]?.at ?? 0)) / S;
  return {
    count,
    min: Math.min(...values),
    max: Math.max(...values),
    mean,
    stddev: Math.sqrt(squares / (count - 1)),
    rate: ((inside.at(-1)?.value ?? 0) - (inside[0]?.value ?? 0)) / lapse,
  };
}

const step = fc.record({
  /** Negative: a late reading. */
  afterS: fc.integer({ min: -6, max: 3 }),
  value: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  waitS: fc.integer({ min: 0, max: 3 }),
});

const WIDTHS = [3 * S, 10 * S, 31 * S];

/** Feeds steps to a series and tells after each what a model that keeps everything knows. */
function follow(
  steps: readonly { readonly afterS: number; readonly value: number; readonly waitS: number }[],
  look: (
    series: ReturnType<typeof createSeries>,
    kept: readonly { at: number; value: number }[],
    now: number,
    agent: number,
  ) => void,
): void {
  // Periods so long that nothing is a gap: whether a window is whole is another test's.
  const series = createSeries({ periodUs: 1e9, isByChange: false });
  for (const width of WIDTHS) series.window(width);
  const kept: { at: number; value: number }[] = [];
  let [newest, came, agent, now] = [1000 * S, 0, 5e12, 0];
  for (const { afterS, value, waitS } of steps) {
    const at = newest + afterS * S;
    const isFirst = kept.length === 0;
    kept.push({ at, value });
    series.add(at, value, agent);
    if (isFirst || at >= newest) [newest, came] = [at, agent];
    agent += waitS * S;
    now = Math.max(now, newest + agent - came);
    look(series, kept, now, agent);
  }
}

/** A list that goes on with its last value. */
const stretched = (values: readonly number[], length: number): number[] => [
  ...values,
  ...new Array<number>(Math.max(0, length - values.length)).fill(values.at(-1) ?? 0),
];

/** Feeds values that come by change, from second 100 on. @returns the value that stood in each second */
function standing(
  series: ReturnType<typeof createSeries>,
  steps: readonly { readonly afterS: number; readonly value: number }[],
): { held: number[]; at: number } {
  let at = 100;
  let held: number[] = [];
  for (const [i, { afterS, value }] of steps.entries()) {
    if (i > 0) at += afterS;
    held = [...stretched(held, at - 100), value];
    series.add(at * S, value, at * S);
  }
  return { held, at };
}

describe("createSeries", () => {
  it("agrees with a model that keeps everything, with late readings, for every width at once", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
        follow(steps, (series, kept, now, agent) => {
          WIDTHS.forEach((width, place) => {
            const model = naive(kept, width, now);
            const read = (statistic: Statistic) => series.read(place, statistic, S, agent);
            expect(read("count")).toBe(model.count);
            if (model.count === 0) return;
            expect(read("min")).toBe(model.min);
            expect(read("max")).toBe(model.max);
            expect(read("avg")).toBeCloseTo(model.mean, 4);
            if (model.count > 1) expect(read("stddev")).toBeCloseTo(model.stddev, 3);
            if (Number.isFinite(model.rate)) expect(read("rate")).toBeCloseTo(model.rate, 4);
          });
        });
      }),
      { numRuns: 500 },
    );
  });

  it("weighs the values of a tag that comes by change with the time they stood", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ afterS: fc.integer({ min: 1, max: 8 }), value: fc.integer({ min: -50, max: 50 }) }),
          {
            minLength: 1,
            maxLength: 40,
          },
        ),
        fc.integer({ min: 0, max: 12 }),
        (steps, waitS) => {
          const width = 10;
          const series = createSeries({ periodUs: 1, isByChange: true });
          const place = series.window(width * S);
          const { held, at } = standing(series, steps);
          const now = at + waitS;
          const inside = stretched(held, now - 100)
            .slice(0, now - 100)
            .slice(-width);
          const read = (statistic: Statistic) => series.read(place, statistic, S, now * S);
          if (inside.length < width) {
            expect(read("avg")).toBeNaN();
            return;
          }
          expect(read("avg")).toBeCloseTo(inside.reduce((sum, one) => sum + one, 0) / width, 6);
          const last = steps.at(-1)?.value ?? 0;
          expect(read("rate")).toBeCloseTo((last - (inside[0] ?? 0)) / width, 6);
          expect(read("max")).toBe(Math.max(...inside, last));
          expect(read("min")).toBe(Math.min(...inside, last));
        },
      ),
      { numRuns: 300 },
    );
  });

  const every = (
    series: ReturnType<typeof createSeries>,
    fromS: number,
    toS: number,
    of = (s: number) => s,
  ) => {
    for (let s = fromS; s <= toS; s += 1) series.add(s * S, of(s), s * S);
  };
  const wide = () => {
    const series = createSeries({ periodUs: S, isByChange: false });
    return { series, place: series.window(60 * S) };
  };

  it("has no average and no rate before the window is as long as it says", () => {
    const { series, place } = wide();
    every(series, 0, 50);
    expect(series.read(place, "avg", S, 50 * S)).toBeNaN();
    expect(series.read(place, "max", S, 50 * S)).toBe(50);
    every(series, 51, 60);
    expect(series.read(place, "rate", S, 60 * S)).toBeCloseTo(1);
  });

  it("has none over a bad reading or a hole either, until that left the window", () => {
    const { series, place } = wide();
    every(series, 0, 100);
    series.lose();
    expect(series.read(place, "rate", S, 100 * S)).toBeNaN();
    every(series, 101, 150);
    expect(series.read(place, "avg", S, 150 * S)).toBeNaN();
    expect(series.read(place, "min", S, 150 * S)).toBe(91);
    every(series, 151, 170);
    expect(series.read(place, "avg", S, 170 * S)).toBeCloseTo(140.5);
    every(series, 180, 200);
    expect(series.read(place, "avg", S, 200 * S)).toBeNaN();
    expect(series.read(place, "count", S, 200 * S)).toBe(51);
  });

  it("has none when readings stopped", () => {
    const { series, place } = wide();
    every(series, 0, 100);
    expect(series.read(place, "avg", S, 103 * S)).toBeCloseTo(72, 0);
    expect(series.read(place, "avg", S, 104 * S)).toBeNaN();
    expect(series.read(place, "count", S, 500 * S)).toBe(0);
  });

  it("does not mind a clock that is an hour wrong, and begins anew when it is set back", () => {
    const { series, place } = wide();
    for (let s = 0; s <= 100; s += 1) series.add((s + 3600) * S, s, s * S);
    expect(series.read(place, "rate", S, 100 * S)).toBeCloseTo(1);
    for (let s = 101; s <= 300; s += 1) series.add(s * S, s, s * S);
    expect(series.dropped).toBe(2);
    expect(series.read(place, "rate", S, 300 * S)).toBeCloseTo(1);
    expect(series.read(place, "count", S, 300 * S)).toBe(60);
  });

  it("keeps the newest when there is no room, counts the others, and calls the window not whole", () => {
    const series = createSeries({ periodUs: S, isByChange: false }, 32);
    const place = series.window(60 * S);
    every(series, 0, 100);
    expect(series.dropped).toBe(69);
    expect(series.read(place, "count", S, 100 * S)).toBe(32);
    expect(series.read(place, "min", S, 100 * S)).toBe(69);
    expect(series.read(place, "avg", S, 100 * S)).toBeNaN();
  });

  it("gives a wider window that comes later nothing that was let go", () => {
    const { series } = wide();
    every(series, 0, 200);
    const place = series.window(120 * S);
    expect(series.read(place, "avg", S, 200 * S)).toBeNaN();
    every(series, 201, 262);
    expect(series.read(place, "avg", S, 262 * S)).toBeCloseTo(202.5);
  });
});
