import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  emptyBoard,
  frozen,
  MOST_SERIES,
  panned,
  rangeOf,
  subjectKey,
  subjectOf,
  type TrendBoard,
  withoutSeries,
  withRange,
  withSeries,
  zoomed,
} from "./trend-board.ts";

const NOW = 1_800_000_000;
const tag = (id: string) => ({ kind: "tag" as const, id });

describe("the trend board", () => {
  it("takes each series once, and no more than it has room for", () => {
    let board: TrendBoard = withSeries(emptyBoard, tag("a"));
    expect(withSeries(board, tag("a"))).toBe(board);
    for (let i = 0; i < 20; i += 1) board = withSeries(board, tag(String(i)));
    expect(board.series).toHaveLength(MOST_SERIES);
    expect(withoutSeries(board, tag("a")).series.map(({ id }) => id)).not.toContain("a");
  });

  it("follows now until it is moved into the past, and again when it is moved back", () => {
    const live = rangeOf(emptyBoard, NOW);
    expect(live).toEqual({ fromS: NOW - 3600, toS: NOW });
    const past = withRange(emptyBoard, panned(live, -0.5), NOW);
    expect(past).toEqual({ series: [], spanS: 3600, toS: NOW - 1800 });
    expect(withRange(past, panned(rangeOf(past, NOW), 0.6), NOW)).toEqual({ series: [], spanS: 3600 });
    expect(frozen(emptyBoard, NOW).toS).toBe(NOW);
    expect(frozen(past, NOW)).toEqual(past);
  });

  it("zooms around a moment that stays in its place", () => {
    expect(zoomed({ fromS: 0, toS: 100 }, 0.5, 80)).toEqual({ fromS: 40, toS: 90 });
  });

  it("never shows the future, nothing, or more than a year", () => {
    const seconds = fc.double({ min: -1e9, max: 4e9, noNaN: true });
    fc.assert(
      fc.property(seconds, seconds, (fromS, toS) => {
        const range = rangeOf(withRange(emptyBoard, { fromS, toS }, NOW), NOW);
        expect(range.toS).toBeLessThanOrEqual(NOW);
        expect(range.toS - range.fromS).toBeGreaterThanOrEqual(9.99);
        expect(range.toS - range.fromS).toBeLessThanOrEqual(366 * 86_400 + 1);
      }),
    );
  });

  it("writes a series as text and reads it again", () => {
    fc.assert(
      fc.property(fc.constantFrom("tag", "score", "health"), fc.string({ minLength: 1 }), (kind, id) => {
        const subject = { kind: kind as "tag", id };
        expect(subjectOf(subjectKey(subject))).toEqual(subject);
      }),
    );
    for (const text of ["", "tag", "tag:", "colour:x"]) expect(subjectOf(text)).toBeUndefined();
  });
});
