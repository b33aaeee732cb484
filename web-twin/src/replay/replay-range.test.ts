import { describe, expect, it } from "vitest";
import { at, makeAlarm, T0 } from "../testing/fixtures.ts";
import { markBeside, marksOf, rangeOf, shareOf } from "./replay-range.ts";

const span = (from: number, to: number, layoutHash = 7) => ({
  fromMs: T0 + from * 1_000,
  toMs: T0 + to * 1_000,
  layoutHash,
});
const range = { fromMs: T0, toMs: T0 + 100_000, gaps: [] };
const marks = marksOf(
  [
    makeAlarm("late", "M1", { raisedTime: at(80) }),
    makeAlarm("early", "M1", { raisedTime: at(20), severity: "warning" }),
    makeAlarm("outside", "M1", { raisedTime: at(101) }),
    makeAlarm("early", "M1", { raisedTime: at(20) }),
  ],
  range,
);

describe("what can be replayed", () => {
  it("goes from the first to the last recording of this layout, with the gaps between", () => {
    expect(rangeOf([span(50, 60, 9), span(62, 90), span(0, 20), span(21, 50)], 7)).toEqual({
      fromMs: T0,
      toMs: T0 + 90_000,
      gaps: [{ fromMs: T0 + 50_000, toMs: T0 + 62_000 }],
    });
  });

  it("is nothing without a recording of this layout", () => {
    expect(rangeOf([span(0, 10, 9), span(5, 5)], 7)).toBeUndefined();
  });

  it("places moments on the timeline", () => {
    expect([T0 - 5, T0 + 25_000, T0 + 200_000].map((ms) => shareOf(range, ms))).toEqual([0, 0.25, 1]);
  });
});

describe("alarms on the timeline", () => {
  it("stand where they were raised, each once, oldest first", () => {
    expect(marks.map(({ id, ms }) => [id, ms - T0])).toEqual([
      ["early", 20_000],
      ["late", 80_000],
    ]);
  });

  it("are gone to, shortly before they come", () => {
    expect(markBeside(marks, T0, 1)).toBe(T0 + 18_000);
    expect(markBeside(marks, T0 + 18_000, 1)).toBe(T0 + 78_000);
    expect(markBeside(marks, T0 + 78_000, 1)).toBeUndefined();
    expect(markBeside(marks, T0 + 78_000, -1)).toBe(T0 + 18_000);
    expect(markBeside(marks, T0 + 18_000, -1)).toBeUndefined();
  });
});
