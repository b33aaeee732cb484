import { PointSeverity, PointState } from "@stethos/edge-agent/core";

/** What a state looks like, in one byte for the shader: bits 0-2 shape, bits 3-5 colour, bit 6 nobody has seen it yet,
 *  bit 7 selected. */
export const Glyph = { shape: 0b111, colour: 0b11_1000, unseen: 1 << 6, selected: 1 << 7 } as const;

/** Each state that wants an eye has a shape of its own: it is told apart without colour. */
export const GLYPH_SHAPES = ["square", "triangle", "diamond", "cross", "ring", "box"] as const;
export type GlyphShape = (typeof GLYPH_SHAPES)[number];

export const GLYPH_COLOURS = [
  "normal",
  "advisory",
  "warning",
  "alarm",
  "stale",
  "shelved",
  "outOfService",
] as const;
export type GlyphColour = (typeof GLYPH_COLOURS)[number];

/** Drawn nowhere: an asset whose single points are drawn and tell all there is. */
export const NO_GLYPH = Glyph.shape;

/** Before the first news of all: as dull as what is old, but without a shape that would want an eye. */
export const WAITING_GLYPH = GLYPH_COLOURS.indexOf("stale") << 3;

/** Pixels that a glyph covers depend on these bits only: as long as they stay, it can be drawn over its old self. */
const FOOTPRINT = Glyph.shape | Glyph.unseen | Glyph.selected;

/** None of these bits: a plain square, in whatever colour. */
export const NOT_PLAIN: number = FOOTPRINT;

/** Has a shape or a mark of its own to be drawn. */
export const isMarked = (glyph: number): boolean => (glyph & NOT_PLAIN) !== 0 && glyph !== NO_GLYPH;

export const isReshaped = (before: number, after: number): boolean => ((before ^ after) & FOOTPRINT) !== 0;

function lookOf(state: number): readonly [GlyphShape, GlyphColour] {
  const severity = state & PointState.severity;
  const shape =
    severity === PointSeverity.alarm ? "diamond" : severity === PointSeverity.warning ? "triangle" : "square";
  if ((state & PointState.outOfService) !== 0) return ["ring", "outOfService"];
  if ((state & PointState.silenced) !== 0) return [shape, "shelved"];
  if (severity >= PointSeverity.warning) {
    return [shape, severity === PointSeverity.alarm ? "alarm" : "warning"];
  }
  if ((state & (PointState.unacknowledged | PointState.returned)) !== 0) return ["box", "advisory"];
  if ((state & PointState.stale) !== 0) return ["cross", "stale"];
  return [shape, severity === PointSeverity.advisory ? "advisory" : "normal"];
}

export function glyphOf(state: number): number {
  const [shape, colour] = lookOf(state);
  const isInhibited = (state & (PointState.silenced | PointState.outOfService)) !== 0;
  const isUnseen = (state & (PointState.unacknowledged | PointState.returned)) !== 0 && !isInhibited;
  return (
    GLYPH_SHAPES.indexOf(shape) |
    (GLYPH_COLOURS.indexOf(colour) << 3) |
    (isUnseen ? Glyph.unseen : 0) |
    ((state & PointState.selected) === 0 ? 0 : Glyph.selected)
  );
}

/** Glyph of each of the 256 states. */
export const glyphTable = (): Uint8Array => Uint8Array.from({ length: 256 }, (_, state) => glyphOf(state));

/** How much of an eye a glyph asks for: what is found first where several lie under the pointer. */
export const rankOf = (glyph: number): number => RANK[glyph & Glyph.shape] ?? -1;
const RANK = [0, 4, 5, 1, 1, 3];

/** Smaller glyphs have no room for an outline, pixels of the screen. */
export const LEAST_FRAMED_PX = 6;

/** Pixels of the page, and metres of the plant between them. */
export interface GlyphSize {
  readonly least: number;
  readonly most: number;
  readonly metres: number;
}

/** Single points: what is abnormal never falls below the size at which its shape is seen. */
export const POINT_SIZES: Readonly<Record<GlyphShape, GlyphSize>> = {
  square: { least: 2, most: 10, metres: 0.2 },
  triangle: { least: 10, most: 20, metres: 0.4 },
  diamond: { least: 11, most: 22, metres: 0.4 },
  cross: { least: 5, most: 14, metres: 0.3 },
  ring: { least: 6, most: 14, metres: 0.3 },
  box: { least: 9, most: 18, metres: 0.35 },
};

/** One glyph for all points of an asset. */
export const ROLL_UP_SIZES: Readonly<Record<GlyphShape, GlyphSize>> = {
  square: { least: 3, most: 6, metres: 0.4 },
  triangle: { least: 12, most: 16, metres: 1 },
  diamond: { least: 14, most: 18, metres: 1 },
  cross: { least: 7, most: 11, metres: 0.8 },
  ring: { least: 7, most: 11, metres: 0.8 },
  box: { least: 10, most: 14, metres: 0.8 },
};
