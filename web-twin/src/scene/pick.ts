import type { Lens, Ray } from "./lens.ts";

/** Something that is drawn on the page at x, y. */
export interface Target {
  readonly kind: "asset" | "point";
  readonly index: number;
}

/** Where the glyphs stand on the page, sorted into cells. Made anew when the camera has come to rest. */
export interface ScreenGrid {
  /** Glyphs near a place, at most `most`: the most urgent first, then the nearest.
   *  @param rankOf urgency of the i-th glyph of the grid */
  near(x: number, y: number, radius: number, rankOf: (i: number) => number): readonly number[];
  /** Page coordinates of the i-th glyph. */
  readonly x: Float32Array;
  readonly y: Float32Array;
}

const CELL = 32;
const MOST_FOUND = 8;

interface Cells {
  readonly columns: number;
  readonly rows: number;
}

/** Projects the glyphs.
 *  @returns the cell of each; -1 outside of the picture */
function placeInCells(
  lens: Lens,
  position: Float32Array,
  which: Uint32Array,
  at: { readonly x: Float32Array; readonly y: Float32Array },
  columns: number,
): Int32Array {
  const m = lens.both;
  const e = (i: number): number => m[i] ?? 0;
  const [m0, m1, m3, m4, m5, m7] = [e(0), e(1), e(3), e(4), e(5), e(7)];
  const [m8, m9, m11, m12, m13, m15] = [e(8), e(9), e(11), e(12), e(13), e(15)];
  const cell = new Int32Array(at.x.length).fill(-1);
  for (let i = 0; i < cell.length; i += 1) {
    const p = 3 * (which[i] ?? 0);
    const px = position[p] ?? 0;
    const py = position[p + 1] ?? 0;
    const pz = position[p + 2] ?? 0;
    const w = m3 * px + m7 * py + m11 * pz + m15;
    const x = (((m0 * px + m4 * py + m8 * pz + m12) / w + 1) / 2) * lens.width;
    const y = ((1 - (m1 * px + m5 * py + m9 * pz + m13) / w) / 2) * lens.height;
    if (w <= 0 || x < 0 || y < 0 || x >= lens.width || y >= lens.height) continue;
    at.x[i] = x;
    at.y[i] = y;
    cell[i] = Math.floor(y / CELL) * columns + Math.floor(x / CELL);
  }
  return cell;
}

/** The glyphs cell after cell, and where each cell begins. */
function sortByCell(
  cell: Int32Array,
  { columns, rows }: Cells,
): { readonly sorted: Uint32Array; readonly starts: Uint32Array } {
  const starts = new Uint32Array(columns * rows + 1);
  for (const c of cell) if (c >= 0) starts[c + 1] = (starts[c + 1] ?? 0) + 1;
  for (let c = 0; c < columns * rows; c += 1) starts[c + 1] = (starts[c + 1] ?? 0) + (starts[c] ?? 0);
  const sorted = new Uint32Array(starts[columns * rows] ?? 0);
  const next = starts.slice();
  for (let i = 0; i < cell.length; i += 1) {
    const c = cell[i] ?? -1;
    if (c < 0) continue;
    sorted[next[c] ?? 0] = i;
    next[c] = (next[c] ?? 0) + 1;
  }
  return { sorted, starts };
}

/** @param position [3 x n], metres
 *  @param which the glyphs that are drawn; the first `count` entries count */
export function createScreenGrid(
  lens: Lens,
  position: Float32Array,
  which: Uint32Array,
  count: number,
): ScreenGrid {
  const columns = Math.ceil(lens.width / CELL);
  const rows = Math.ceil(lens.height / CELL);
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  const cell = placeInCells(lens, position, which, { x, y }, columns);
  const { sorted, starts } = sortByCell(cell, { columns, rows });

  return {
    x,
    y,
    near(cx, cy, radius, rankOf) {
      const found: { readonly i: number; readonly rank: number; readonly far: number }[] = [];
      const column = (value: number): number => Math.min(columns - 1, Math.max(0, Math.floor(value / CELL)));
      const row = (value: number): number => Math.min(rows - 1, Math.max(0, Math.floor(value / CELL)));
      for (let r = row(cy - radius); r <= row(cy + radius); r += 1) {
        const from = starts[r * columns + column(cx - radius)] ?? 0;
        const to = starts[r * columns + column(cx + radius) + 1] ?? 0;
        for (let k = from; k < to; k += 1) {
          const i = sorted[k] ?? 0;
          const far = Math.hypot((x[i] ?? 0) - cx, (y[i] ?? 0) - cy);
          if (far <= radius) found.push({ i, rank: rankOf(i), far });
        }
      }
      found.sort((a, b) => b.rank - a.rank || a.far - b.far);
      return found.slice(0, MOST_FOUND).map(({ i }) => i);
    },
  };
}

/** The nearest box that a ray meets.
 *  @param box [6 x n]
 *  @returns its index and how far along the ray it is met; undefined where it meets none */
export function nearestBox(
  { origin, direction }: Ray,
  box: Float32Array,
): { readonly index: number; readonly far: number } | undefined {
  const inverse = [1 / direction.x, 1 / direction.y, 1 / direction.z];
  const start = [origin.x, origin.y, origin.z];
  let index = -1;
  let far = Number.POSITIVE_INFINITY;
  for (let a = 0; 6 * a < box.length; a += 1) {
    let enter = 0;
    let leave = far;
    for (let axis = 0; axis < 3 && enter <= leave; axis += 1) {
      const i = inverse[axis] ?? 0;
      const o = start[axis] ?? 0;
      const t0 = ((box[6 * a + axis] ?? 0) - o) * i;
      const t1 = ((box[6 * a + axis + 3] ?? 0) - o) * i;
      enter = Math.max(enter, Math.min(t0, t1));
      leave = Math.min(leave, Math.max(t0, t1));
    }
    if (enter <= leave && enter < far) {
      far = enter;
      index = a;
    }
  }
  return index < 0 ? undefined : { index, far };
}
