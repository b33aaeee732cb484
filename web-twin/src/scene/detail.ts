import type { ExpandedLayout } from "@stethos/edge-agent/core";
import type { Lens } from "./lens.ts";

/** Smaller assets show one glyph for all their points, pixels. */
const SMALLEST_PX = 24;
/** Classes of size per doubling, by which the largest assets get their points first. */
const STEPS = 4;
const CLASSES = 64;

/** What is drawn of the assets in the picture. The columns are filled in place; the first `...Count` entries count: the
 *  assets are all those in the picture, the points those of the detailed ones. */
export interface Detail {
  readonly points: Uint32Array;
  readonly assets: Uint32Array;
  pointCount: number;
  assetCount: number;
  /** [assets]: 1 where the single points are drawn. */
  readonly isDetailed: Uint8Array;
  /** Height of each asset's picture, pixels; 0 outside of it. */
  readonly pixels: Float32Array;
  /** Least distance to an asset in the picture, metres; without perspective 1. */
  nearest: number;
  /** The budget, not their size, kept points from being drawn. */
  isLimited: boolean;
}

export const createDetail = ({ pointCount, assetCount }: ExpandedLayout): Detail => ({
  points: new Uint32Array(pointCount),
  assets: new Uint32Array(assetCount),
  pointCount: 0,
  assetCount: 0,
  isDetailed: new Uint8Array(assetCount),
  pixels: new Float32Array(assetCount),
  nearest: 1,
  isLimited: false,
});

export interface Choice {
  readonly budget: number;
  /** Every point, however small its asset. */
  readonly isEvery: boolean;
}

/** How large each asset is in the picture. */
function measure(detail: Detail, { box, assetCount }: ExpandedLayout, lens: Lens): void {
  const m = lens.both;
  const [m0 = 0, m1 = 0, , m3 = 0, m4 = 0, m5 = 0, , m7 = 0, m8 = 0, m9 = 0, , m11 = 0] = m;
  const [m12 = 0, m13 = 0, m15 = 0] = [m[12], m[13], m[15]];
  const toX = lens.scale / (lens.width / 2);
  const toY = lens.scale / (lens.height / 2);
  detail.nearest = Number.POSITIVE_INFINITY;
  for (let a = 0; a < assetCount; a += 1) {
    const b = 6 * a;
    const x0 = box[b] ?? 0;
    const y0 = box[b + 1] ?? 0;
    const z0 = box[b + 2] ?? 0;
    const x1 = box[b + 3] ?? 0;
    const y1 = box[b + 4] ?? 0;
    const z1 = box[b + 5] ?? 0;
    const x = (x0 + x1) / 2;
    const y = (y0 + y1) / 2;
    const z = (z0 + z1) / 2;
    const radius = (x1 - x0 + y1 - y0 + z1 - z0) / 2;
    const w = m3 * x + m7 * y + m11 * z + m15;
    const isSeen =
      w > -radius &&
      Math.abs(m0 * x + m4 * y + m8 * z + m12) <= w + radius * toX &&
      Math.abs(m1 * x + m5 * y + m9 * z + m13) <= w + radius * toY;
    const size = lens.isFlat ? Math.min(x1 - x0, z1 - z0) : y1 - y0;
    // What stands beside or behind the eye has no size that could be told: it counts as near.
    if (isSeen) detail.nearest = Math.min(detail.nearest, lens.isFlat ? 1 : w - radius);
    detail.pixels[a] = isSeen ? (lens.scale * size) / Math.max(w, 0.5) : 0;
  }
}

/** Largest class that no longer fits into the budget, and whether there is one. */
function cutOff(detail: Detail, firstPoint: Uint32Array, least: number, budget: number): number {
  const points = new Float64Array(CLASSES);
  for (let a = 0; a < detail.pixels.length; a += 1) {
    const px = detail.pixels[a] ?? 0;
    if (px < least || px === 0) continue;
    const c = classOf(px);
    points[c] = (points[c] ?? 0) + (firstPoint[a + 1] ?? 0) - (firstPoint[a] ?? 0);
  }
  let sum = 0;
  for (let c = CLASSES - 1; c >= 0; c -= 1) {
    sum += points[c] ?? 0;
    if (sum > budget) return c;
  }
  return -1;
}

const classOf = (px: number): number => Math.min(CLASSES - 1, Math.max(0, Math.round(Math.log2(px) * STEPS)));

/** Chooses between an asset's points and its one glyph: the largest in the picture get their points first. */
export function chooseDetail(
  detail: Detail,
  layout: ExpandedLayout,
  lens: Lens,
  { budget, isEvery }: Choice,
): void {
  measure(detail, layout, lens);
  const { firstPoint, assetCount } = layout;
  const least = isEvery ? 0 : SMALLEST_PX;
  const cut = isEvery ? -1 : cutOff(detail, firstPoint, least, budget);
  detail.isLimited = cut >= 0;
  let p = 0;
  let g = 0;
  for (let a = 0; a < assetCount; a += 1) {
    const px = detail.pixels[a] ?? 0;
    const isDetailed = px > 0 && px >= least && classOf(px) > cut;
    detail.isDetailed[a] = isDetailed ? 1 : 0;
    if (isDetailed) {
      for (let i = firstPoint[a] ?? 0; i < (firstPoint[a + 1] ?? 0); i += 1, p += 1) detail.points[p] = i;
    }
    if (px > 0) {
      detail.assets[g] = a;
      g += 1;
    }
  }
  detail.pointCount = p;
  detail.assetCount = g;
}
