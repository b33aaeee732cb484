import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeRuns, type Run, type Span } from "./merge.ts";

const limits = { most: 125, maxGap: 16, barriers: [] };
const items = (...runs: Run[]): Map<number, Run> => new Map(runs.map((run, i) => [i, run]));
const one = (start: number, width = 1): Run => ({ start, width, count: 1 });
const shape = (spans: readonly Span[]) => spans.map(({ start, quantity }) => [start, quantity]);

describe("merging of requests", () => {
  it("asks for neighbours together, whatever order they come in", () => {
    expect(mergeRuns(items(one(102, 2), one(100, 2), one(104)), limits)).toEqual([
      {
        start: 100,
        quantity: 5,
        slices: [
          { item: 1, element: 0, count: 1, at: 0 },
          { item: 0, element: 0, count: 1, at: 2 },
          { item: 2, element: 0, count: 1, at: 4 },
        ],
      },
    ]);
  });

  it("reads a gap along up to maxGap and no further", () => {
    expect(shape(mergeRuns(items(one(0), one(17)), limits))).toEqual([[0, 18]]);
    expect(shape(mergeRuns(items(one(0), one(18)), limits))).toEqual([
      [0, 1],
      [18, 1],
    ]);
    expect(shape(mergeRuns(items(one(0), one(2)), { ...limits, maxGap: 0 }))).toEqual([
      [0, 1],
      [2, 1],
    ]);
  });

  it("cuts an array between its elements, never inside one", () => {
    const spans = mergeRuns(items({ start: 1000, width: 2, count: 100 }), limits);
    expect(spans).toEqual([
      { start: 1000, quantity: 124, slices: [{ item: 0, element: 0, count: 62, at: 0 }] },
      { start: 1124, quantity: 76, slices: [{ item: 0, element: 62, count: 38, at: 0 }] },
    ]);
  });

  it("reads overlapping items once", () => {
    expect(mergeRuns(items(one(10, 4), one(11), one(10, 2)), limits)).toEqual([
      {
        start: 10,
        quantity: 4,
        slices: [
          { item: 2, element: 0, count: 1, at: 0 },
          { item: 0, element: 0, count: 1, at: 0 },
          { item: 1, element: 0, count: 1, at: 1 },
        ],
      },
    ]);
  });

  it("does not reach across a barrier", () => {
    expect(shape(mergeRuns(items(one(0), one(1), one(5)), { ...limits, barriers: [5, 1] }))).toEqual([
      [0, 1],
      [1, 1],
      [5, 1],
    ]);
  });

  it("asks for a value that lies on a barrier all the same", () => {
    expect(shape(mergeRuns(items(one(0, 4), one(4)), { ...limits, barriers: [2] }))).toEqual([
      [0, 4],
      [4, 1],
    ]);
  });

  it("asks nothing for nothing", () => {
    expect(mergeRuns(new Map(), limits)).toEqual([]);
  });

  const runs = fc.array(
    fc.record({
      start: fc.integer({ min: 0, max: 600 }),
      width: fc.constantFrom(1, 2, 4),
      count: fc.integer({ min: 1, max: 40 }),
    }),
    { maxLength: 30 },
  );
  const anyLimits = fc.record({
    most: fc.integer({ min: 4, max: 125 }),
    maxGap: fc.integer({ min: 0, max: 20 }),
    barriers: fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 4 }),
  });

  it("covers every element exactly once, in place, within the limits", () => {
    fc.assert(
      fc.property(runs, anyLimits, (all, within) => {
        const covered = all.map((run) => new Array<number>(run.count).fill(0));
        for (const span of mergeRuns(items(...all), within)) {
          expect(span.quantity).toBeLessThanOrEqual(within.most);
          for (const { at, count, element, item } of span.slices) {
            const run = all[item];
            expect(span.start + at).toBe((run?.start ?? 0) + element * (run?.width ?? 0));
            expect(at + count * (run?.width ?? 0)).toBeLessThanOrEqual(span.quantity);
            for (let i = element; i < element + count; i += 1) covered[item] = bump(covered[item] ?? [], i);
          }
        }
        expect(covered.flat().every((times) => times === 1)).toBe(true);
      }),
    );
  });

  it("needs no more requests than registers divided by the limit when they lie side by side", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 4, max: 125 }), (count, most) => {
        const side = Array.from({ length: count }, (_, i) => one(i));
        expect(mergeRuns(items(...side), { ...limits, most })).toHaveLength(Math.ceil(count / most));
      }),
    );
  });

  it("needs no more requests than the best cut of small plans", () => {
    const few = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(
        few,
        fc.integer({ min: 4, max: 12 }),
        fc.integer({ min: 0, max: 6 }),
        (starts, most, maxGap) => {
          const spans = mergeRuns(items(...starts.map((start) => one(start))), {
            most,
            maxGap,
            barriers: [],
          });
          expect(spans).toHaveLength(
            fewest(
              starts.toSorted((a, b) => a - b),
              most,
              maxGap,
            ),
          );
        },
      ),
    );
  });
});

function bump(times: number[], i: number): number[] {
  times[i] = (times[i] ?? 0) + 1;
  return times;
}

/** All ways to cut, tried out. */
function fewest(starts: readonly number[], most: number, maxGap: number): number {
  if (starts.length === 0) return 0;
  let best = Number.POSITIVE_INFINITY;
  const [first = 0] = starts;
  for (let n = 1; n <= starts.length; n += 1) {
    const last = starts[n - 1] ?? 0;
    const gap = last - (starts[n - 2] ?? last - 1) - 1;
    if (last - first + 1 > most || gap > maxGap) break;
    best = Math.min(best, 1 + fewest(starts.slice(n), most, maxGap));
  }
  return best;
}
