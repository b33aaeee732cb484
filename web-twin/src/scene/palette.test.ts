import { describe, expect, it } from "vitest";
import { GLYPH_COLOURS } from "./glyph.ts";
import { contrast, SCENE_COLOURS } from "./palette.ts";

describe.each(Object.entries(SCENE_COLOURS))("the palette %s in the scene", (_, colours) => {
  it.each(GLYPH_COLOURS)("shows %s on the ground and the floor with 3 : 1", (name) => {
    expect(contrast(colours[name], colours.ground)).toBeGreaterThanOrEqual(3);
    expect(contrast(colours[name], colours.floor)).toBeGreaterThanOrEqual(3);
  });

  it("separates each glyph from equipment behind it by an outline", () => {
    for (const name of GLYPH_COLOURS) {
      expect(contrast(colours[name], colours.outline), name).toBeGreaterThanOrEqual(3);
    }
  });

  it("keeps grey for the normal", () => {
    const spread = (colour: string): number => {
      const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
      return Math.max(...parts) - Math.min(...parts);
    };
    expect(spread(colours.normal)).toBeLessThan(40);
    expect(spread(colours.light)).toBeLessThan(40);
    expect(spread(colours.alarm)).toBeGreaterThan(100);
    expect(spread(colours.warning)).toBeGreaterThan(100);
  });
});

it("measures contrast as WCAG does", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});
