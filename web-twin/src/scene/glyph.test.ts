import { PointState } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import {
  GLYPH_COLOURS,
  GLYPH_SHAPES,
  Glyph,
  glyphOf,
  glyphTable,
  isMarked,
  isReshaped,
  NO_GLYPH,
  rankOf,
  WAITING_GLYPH,
} from "./glyph.ts";
import { fillHeat, heatOf, rollUpHeat } from "./heat.ts";

const looks = (state: number): readonly [string | undefined, string | undefined] => {
  const glyph = glyphOf(state);
  return [GLYPH_SHAPES[glyph & Glyph.shape], GLYPH_COLOURS[(glyph & Glyph.colour) >> 3]];
};

describe("a point's glyph", () => {
  it.each([
    [0, "square", "normal"],
    [1, "square", "advisory"],
    [2, "triangle", "warning"],
    [3 | PointState.unacknowledged, "diamond", "alarm"],
    [PointState.stale, "cross", "stale"],
    [PointState.returned, "box", "advisory"],
    [3 | PointState.silenced, "diamond", "shelved"],
    [3 | PointState.outOfService | PointState.unacknowledged, "ring", "outOfService"],
    [3 | PointState.stale, "diamond", "alarm"],
  ] as const)("of state %i is a %s in the colour of %s", (state, shape, colour) => {
    expect(looks(state)).toEqual([shape, colour]);
  });

  it("blinks only where somebody must still see it", () => {
    expect(glyphOf(3 | PointState.unacknowledged) & Glyph.unseen).not.toBe(0);
    expect(glyphOf(3) & Glyph.unseen).toBe(0);
    expect(glyphOf(3 | PointState.unacknowledged | PointState.silenced) & Glyph.unseen).toBe(0);
  });

  it("keeps its outline between normal and advisory, and changes it with shape, selection and acknowledgement", () => {
    expect(isReshaped(glyphOf(0), glyphOf(1))).toBe(false);
    expect(isReshaped(glyphOf(1), glyphOf(2))).toBe(true);
    expect(isReshaped(glyphOf(0), glyphOf(PointState.selected))).toBe(true);
    expect(isReshaped(glyphOf(3), glyphOf(3 | PointState.unacknowledged))).toBe(true);
  });

  it("is marked wherever it is more than a square in some colour", () => {
    const marked = [
      2,
      3,
      PointState.stale,
      PointState.returned,
      PointState.selected,
      PointState.outOfService,
    ];
    expect(marked.map((state) => isMarked(glyphOf(state)))).toEqual(marked.map(() => true));
    const plain = [glyphOf(0), glyphOf(1), glyphOf(1 | PointState.silenced), WAITING_GLYPH, NO_GLYPH];
    expect(plain.map(isMarked)).toEqual(plain.map(() => false));
  });

  it("has a place in the table for every state", () => {
    const table = glyphTable();
    expect([...table]).toEqual(Array.from({ length: 256 }, (_, state) => glyphOf(state)));
  });

  it("of an alarm is found before that of a warning, and that before the others", () => {
    const ranks = [3, 2, PointState.returned, PointState.stale, 0].map((state) => rankOf(glyphOf(state)));
    expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
    expect(new Set(ranks).size).toBe(5);
  });
});

describe("the heat of a value", () => {
  it("goes from 1 to 255 over the range, and is nothing where there is no value", () => {
    expect([heatOf(0), heatOf(32_767), heatOf(65_534), heatOf(65_535)]).toEqual([1, 128, 255, 0]);
  });

  it("is given to the points of one kind only, and to an asset by the hottest of its points", () => {
    const heat = new Uint8Array(4);
    fillHeat(heat, Uint8Array.of(0, 1, 0, 1), 1, Uint16Array.of(65_534, 0, 7, 65_534));
    expect([...heat]).toEqual([0, 1, 0, 255]);
    const rolled = new Uint8Array(2);
    rollUpHeat(rolled, heat, Uint32Array.of(0, 2, 4));
    expect([...rolled]).toEqual([1, 255]);
  });
});
