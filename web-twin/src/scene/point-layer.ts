import type { PointsView } from "../state/points.ts";
import { type Choice, chooseDetail, createDetail, type Detail } from "./detail.ts";
import {
  Glyph,
  type GlyphSize,
  glyphTable,
  isMarked,
  isReshaped,
  LEAST_FRAMED_PX,
  NO_GLYPH,
  POINT_SIZES,
  ROLL_UP_SIZES,
  WAITING_GLYPH,
} from "./glyph.ts";
import { createGlyphs, type Glyphs } from "./glyphs.ts";
import { fillHeat, heatOf, rollUpHeat } from "./heat.ts";
import type { Lens } from "./lens.ts";
import type { Materials } from "./materials.ts";
import { createVisibleFinder, type Visible } from "./visible.ts";

/** What must be drawn after points changed. */
export type Redraw = "changed" | "none" | "points";

/** The points of the plant as glyphs: singly where they are large enough, else one for all of an asset. */
export interface PointLayer {
  readonly points: Glyphs;
  readonly rollUps: Glyphs;
  readonly detail: Detail;
  /** Any of them may have changed. */
  all(): void;
  /** Only the first `count` of these may have changed. */
  some(changed: Uint32Array, count: number): Redraw;
  select(point: number | undefined): void;
  /** Glyphs take other sizes: `choose` again.
   *  @param kind index of the kind whose values are shown as colours */
  setHeat(kind: number | undefined): void;
  /** After the camera moved.
   *  @param pixelRatio pixels of the screen by pixels of the page */
  choose(lens: Lens, choice: Choice, pixelRatio: number): void;
  /** Ready to draw all. */
  gather(): void;
  /** Notes whatever is drawn and was not seen by anybody yet.
   *  @returns how many */
  noteUnseen(): number;
  forget(): void;
  dispose(): void;
}

/** Roll-ups stand so much outside of their asset at most, metres. */
const NEARER = 0.5;

/** Whether any plain glyph is large enough for an outline, at so many pixels a metre. */
const isFramed = ({ least, most, metres }: GlyphSize, perMetre: number, pixelRatio: number): boolean =>
  Math.round(Math.min(most * pixelRatio, Math.max(least * pixelRatio, metres * perMetre))) >= LEAST_FRAMED_PX;

/** A little above each asset. */
function tops(box: Float32Array): Float32Array {
  const position = new Float32Array(box.length / 2);
  for (let a = 0; 3 * a < position.length; a += 1) {
    const b = 6 * a;
    position[3 * a] = ((box[b] ?? 0) + (box[b + 3] ?? 0)) / 2;
    position[3 * a + 1] = (box[b + 4] ?? 0) + 0.3;
    position[3 * a + 2] = ((box[b + 2] ?? 0) + (box[b + 5] ?? 0)) / 2;
  }
  return position;
}

export function createPointLayer(view: PointsView, materials: Materials): PointLayer {
  const { layout } = view;
  const table = glyphTable();
  const points = createGlyphs(layout.position, materials.point);
  const rollUps = createGlyphs(tops(layout.box), materials.rollUp);
  const detail = createDetail(layout);
  const finder = createVisibleFinder(layout.position);
  /** Those that can be seen, where the others are left out. */
  let visible: Visible | undefined;
  let isEvery = false;
  let selected = -1;
  let heat = -1;
  /** The single points are older than the view: none of them was drawn since. */
  let isBehind = true;
  let isTooMany = false;

  /** Nothing is known yet, and that is not too long ago to be told. */
  const isWaiting = (): boolean => view.timeMs === undefined && !view.isStale;
  const catchUp = (): void => {
    const { glyph } = points;
    const { state } = view;
    if (isWaiting()) glyph.fill(WAITING_GLYPH);
    else for (let p = 0; p < glyph.length; p += 1) glyph[p] = table[state[p] ?? 0] ?? 0;
    if (selected >= 0) glyph[selected] = (glyph[selected] ?? 0) | Glyph.selected;
    points.wrote(0, glyph.length);
    isBehind = false;
  };
  const warm = (): void => {
    if (heat < 0 || points.heat === undefined || rollUps.heat === undefined) return;
    fillHeat(points.heat, layout.kindOf, heat, view.value);
    rollUpHeat(rollUps.heat, points.heat, layout.firstPoint);
    points.wrote(0, points.heat.length);
    rollUps.wrote(0, rollUps.heat.length);
  };
  /** Where single points are drawn the asset's own glyph only stands for what is abnormal: it may be on the far side. */
  const glyphOfAsset = (a: number): number => {
    if (isWaiting()) return WAITING_GLYPH;
    const glyph = table[view.rollUp[a] ?? 0] ?? 0;
    return detail.isDetailed[a] === 1 && (glyph & Glyph.shape) === 0 ? NO_GLYPH : glyph;
  };
  const rollUp = (): void => {
    const { glyph } = rollUps;
    for (let a = 0; a < glyph.length; a += 1) glyph[a] = glyphOfAsset(a);
    rollUps.wrote(0, glyph.length);
  };

  /** Colour of a point's value, while a heat map is shown. */
  const warmPoint = (p: number): Redraw => {
    const warmth = points.heat;
    if (warmth === undefined || layout.kindOf[p] !== heat) return "none";
    const before = warmth[p] ?? 0;
    const after = heatOf(view.value[p] ?? 0);
    warmth[p] = after;
    return before === after ? "none" : before > 0 === after > 0 ? "changed" : "points";
  };
  /** What one point's news means for the picture. */
  const takePoint = (p: number): Redraw => {
    const before = points.glyph[p] ?? 0;
    const after = (table[view.state[p] ?? 0] ?? 0) | (p === selected ? Glyph.selected : 0);
    points.glyph[p] = after;
    const warmed = warmPoint(p);
    const glyphed = before === after ? "none" : isReshaped(before, after) ? "points" : "changed";
    const redraw = worse(warmed, glyphed);
    if (redraw === "none" || detail.isDetailed[layout.assetOf[p] ?? 0] === 0) return "none";
    if (redraw === "changed" && visible?.isIn[p] === 0 && !isMarked(after)) return "none";
    if (!points.note(p)) isTooMany = true;
    return redraw;
  };
  const warmestOf = (a: number): number => {
    let most = 0;
    for (let p = layout.firstPoint[a] ?? 0; p < (layout.firstPoint[a + 1] ?? 0); p += 1) {
      most = Math.max(most, points.heat?.[p] ?? 0);
    }
    return most;
  };
  const takeAsset = (a: number): Redraw => {
    const before = rollUps.glyph[a] ?? 0;
    const after = glyphOfAsset(a);
    const warmth = rollUps.heat;
    const warmest = warmth === undefined ? 0 : warmestOf(a);
    if (before === after && (warmth === undefined || warmth[a] === warmest)) return "none";
    rollUps.glyph[a] = after;
    if (warmth !== undefined) warmth[a] = warmest;
    if (detail.pixels[a] === 0 || (before === after && after === NO_GLYPH)) return "none";
    if (!rollUps.note(a)) isTooMany = true;
    return isReshaped(before, after) ? "points" : "changed";
  };

  const noteUnseenOf = (glyphs: Glyphs, which: Uint32Array | undefined, count: number): void => {
    for (let k = 0; k < count; k += 1) {
      const i = which === undefined ? k : (which[k] ?? 0);
      if (((glyphs.glyph[i] ?? 0) & Glyph.unseen) !== 0 && !glyphs.note(i)) return;
    }
  };

  return {
    points,
    rollUps,
    detail,
    all() {
      rollUp();
      if (detail.pointCount > 0 || heat >= 0) catchUp();
      else isBehind = true;
      warm();
    },
    some(changed, count) {
      isTooMany = false;
      let redraw: Redraw = "none";
      let [least, most, first, last] = [points.glyph.length, 0, rollUps.glyph.length, 0];
      for (let k = 0; k < count; k += 1) {
        const p = changed[k] ?? 0;
        const a = layout.assetOf[p] ?? 0;
        redraw = worse(worse(redraw, isBehind ? "none" : takePoint(p)), takeAsset(a));
        least = Math.min(least, p);
        most = Math.max(most, p);
        first = Math.min(first, a);
        last = Math.max(last, a);
      }
      if (count > 0) {
        if (!isBehind) points.wrote(least, most + 1);
        rollUps.wrote(first, last + 1);
      }
      return isTooMany ? "points" : redraw;
    },
    select(point) {
      const { glyph } = points;
      if (selected >= 0) glyph[selected] = (glyph[selected] ?? 0) & ~Glyph.selected;
      selected = point ?? -1;
      if (selected >= 0) glyph[selected] = (glyph[selected] ?? 0) | Glyph.selected;
      points.wrote(0, glyph.length);
    },
    setHeat(kind) {
      heat = kind ?? -1;
      points.setHeat(heat >= 0);
      rollUps.setHeat(heat >= 0);
      if (heat >= 0 && isBehind) catchUp();
      warm();
    },
    choose(lens, choice, pixelRatio) {
      ({ isEvery } = choice);
      chooseDetail(detail, layout, lens, choice);
      rollUp();
      if (detail.pointCount > 0 && isBehind) catchUp();
      const which = isEvery ? undefined : detail.points;
      const count = isEvery ? layout.pointCount : detail.pointCount;
      const perMetre = (lens.scale * pixelRatio) / Math.max(detail.nearest - NEARER, 0.01);
      const isLarge = isFramed(POINT_SIZES.square, perMetre, pixelRatio);
      const isThinned = !isLarge && heat < 0;
      visible = isThinned ? finder.find(lens, POINT_SIZES.square, { which, count }, pixelRatio) : undefined;
      points.choose(which, count, visible);
      points.setFramed(isLarge);
      rollUps.choose(detail.assets, detail.assetCount);
      rollUps.setFramed(isFramed(ROLL_UP_SIZES.square, perMetre, pixelRatio));
    },
    gather() {
      points.gather();
      rollUps.gather();
    },
    noteUnseen() {
      points.forget();
      rollUps.forget();
      if (isEvery) noteUnseenOf(points, undefined, layout.pointCount);
      else noteUnseenOf(points, detail.points, detail.pointCount);
      noteUnseenOf(rollUps, detail.assets, detail.assetCount);
      return points.seal() + rollUps.seal();
    },
    forget() {
      points.forget();
      rollUps.forget();
    },
    dispose() {
      points.dispose();
      rollUps.dispose();
    },
  };
}

const COST: Readonly<Record<Redraw, number>> = { none: 0, changed: 1, points: 2 };
const worse = (a: Redraw, b: Redraw): Redraw => (COST[a] >= COST[b] ? a : b);
