import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawFrame } from "./route.ts";

/** Ids as inference makes them: one sensor after the other, one window after the other. */
const frames = (count: number, sensors: number): string[] =>
  Array.from(
    { length: count },
    (_, i) => `site/area/pump-${i % sensors}/vibration|${1_700_000_000_000_000 + i * 682_667}|0`,
  );

/** Pearson's statistic against an even spread over so many bins. */
function chiSquare(values: readonly number[], bins: number): number {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[Math.floor(value * bins)] = (counts[Math.floor(value * bins)] ?? 0) + 1;
  const wanted = values.length / bins;
  return counts.reduce((sum, count) => sum + (count - wanted) ** 2 / wanted, 0);
}

// 0.99999 quantile of chi-square with 63 degrees of freedom: one of 100,000 even draws is above it.
const MOST_CHI_SQUARE = 119;

describe("the draw of a frame", () => {
  it("is the same for the same names, on every machine", () => {
    // Figures of an independent implementation, in Python.
    expect(drawFrame("trial", "pump|1700000000000000|0")).toEqual({
      position: 0.12428114656358957,
      isHeads: false,
      isRare: false,
    });
    expect(drawFrame("试验", "水泵|1|0")).toEqual({
      position: 0.8599890801124275,
      isHeads: false,
      isRare: false,
    });
  });

  it("tells a trial's name from a frame's", () => {
    expect(drawFrame("ab", "c")).not.toEqual(drawFrame("a", "bc"));
  });

  it("is even over the frames of any trial, and of few sensors as of many", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 500 }), (trial, sensors) => {
        const positions = frames(8192, sensors).map((frame) => drawFrame(trial, frame).position);
        expect(chiSquare(positions, 64)).toBeLessThan(MOST_CHI_SQUARE);
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it("throws its coin without looking at the position, also among the frames of a small share", () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ min: 0.05, max: 1, noNaN: true }), (trial, share) => {
        const drawn = frames(20_000, 20).map((frame) => drawFrame(trial, frame));
        const onTrial = drawn.filter(({ position }) => position < share);
        const heads = onTrial.filter(({ isHeads }) => isHeads);
        // Five standard deviations of a fair coin, and of a die with sixteen faces.
        expect(Math.abs(heads.length - onTrial.length / 2)).toBeLessThan(2.5 * Math.sqrt(onTrial.length));
        const rare = heads.filter(({ isRare }) => isRare).length;
        expect(Math.abs(rare - heads.length / 16)).toBeLessThan(1.25 * Math.sqrt(heads.length));
      }),
      { seed: 4, numRuns: 50 },
    );
  });

  it("is drawn anew for each trial: who was on the last one is no more likely to be on the next", () => {
    const share = 0.25;
    const ids = frames(20_000, 20);
    const both = ids.filter(
      (frame) => drawFrame("first", frame).position < share && drawFrame("second", frame).position < share,
    ).length;
    const expected = ids.length * share ** 2;
    expect(Math.abs(both - expected)).toBeLessThan(5 * Math.sqrt(expected));
  });

  it("keeps the frames of a smaller share when the share grows", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        (trial, frame, [a, b]) => {
          const { position } = drawFrame(trial, frame);
          expect(position).toBeGreaterThanOrEqual(0);
          expect(position).toBeLessThan(1);
          if (position < Math.min(a, b)) expect(position).toBeLessThan(Math.max(a, b));
        },
      ),
      { seed: 4 },
    );
  });
});
