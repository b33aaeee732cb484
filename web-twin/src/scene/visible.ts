import type { GlyphSize } from "./glyph.ts";
import type { Lens } from "./lens.ts";

/** Which of many plain glyphs can be seen at all. The columns are filled in place. */
export interface Visible {
  /** Indices; the first `count` entries count. */
  readonly list: Uint32Array;
  count: number;
  /** [glyphs]: 1 where it is in the list. */
  readonly isIn: Uint8Array;
}

interface Choosable {
  /** Indices, the first `count` of them; undefined: all. */
  readonly which: Uint32Array | undefined;
  readonly count: number;
}

interface VisibleFinder {
  /** @param pixelRatio pixels of the screen by pixels of the page */
  find(lens: Lens, size: GlyphSize, of: Choosable, pixelRatio: number): Visible;
}

interface Columns {
  readonly visible: Visible;
  /** Of each glyph: metres before the eye, pixels across, and its lower left pixel; -1 outside of the picture. */
  readonly depth: Float32Array;
  readonly width: Uint8Array;
  readonly pixel: Int32Array;
}

const columnsFor = (total: number): Columns => ({
  visible: { list: new Uint32Array(total), count: 0, isIn: new Uint8Array(total) },
  depth: new Float32Array(total),
  width: new Uint8Array(total),
  pixel: new Int32Array(total),
});

/** The pixels of the screen with a margin around them, in which glyphs lie that reach into the picture. */
interface Grid {
  readonly across: number;
  readonly down: number;
  readonly margin: number;
}

/** Computes as the shader does where each glyph is drawn. */
function placeOnPixels(
  { depth, width, pixel }: Columns,
  position: Float32Array,
  lens: Lens,
  { least, most, metres }: GlyphSize,
  { which, count }: Choosable,
  { grid: { across, down, margin }, pixelRatio }: { readonly grid: Grid; readonly pixelRatio: number },
): void {
  const m = lens.both;
  const e = (i: number): number => m[i] ?? 0;
  const [m0, m1, m3, m4, m5, m7] = [e(0), e(1), e(3), e(4), e(5), e(7)];
  const [m8, m9, m11, m12, m13, m15] = [e(8), e(9), e(11), e(12), e(13), e(15)];
  for (let k = 0; k < count; k += 1) {
    const i = which === undefined ? k : (which[k] ?? 0);
    const x = position[3 * i] ?? 0;
    const y = position[3 * i + 1] ?? 0;
    const z = position[3 * i + 2] ?? 0;
    const w = m3 * x + m7 * y + m11 * z + m15;
    const size = Math.floor(Math.min(most, Math.max(least, (metres * lens.scale) / w)) * pixelRatio + 0.5);
    const left = Math.ceil((((m0 * x + m4 * y + m8 * z + m12) / w + 1) * across - size - 1) / 2);
    const low = Math.ceil((((m1 * x + m5 * y + m9 * z + m13) / w + 1) * down - size - 1) / 2);
    const isInside = w > 0 && left >= -margin && low >= -margin && left < across && low < down;
    depth[i] = w;
    width[i] = size;
    pixel[i] = isInside ? (low + margin) * (across + margin) + left + margin : -1;
  }
}

/** Keeps, of those that cover the same pixels, the one before the others; where they are equally deep, the last, as it is
 *  drawn over them.
 *  @param nearest by pixel: index of the glyph that was kept last, counted from 1 */
function thin(
  { visible: { isIn }, depth, width, pixel }: Columns,
  { which, count }: Choosable,
  nearest: Uint32Array,
): void {
  isIn.fill(0);
  nearest.fill(0);
  for (let k = 0; k < count; k += 1) {
    const i = which === undefined ? k : (which[k] ?? 0);
    const at = pixel[i] ?? -1;
    if (at < 0) continue;
    const other = (nearest[at] ?? 0) - 1;
    const isSame = other >= 0 && width[other] === width[i];
    if (isSame && (depth[i] ?? 0) > (depth[other] ?? 0)) continue;
    if (isSame) isIn[other] = 0;
    isIn[i] = 1;
    nearest[at] = i + 1;
  }
}

function fillList(visible: Visible, { which, count }: Choosable): void {
  const { list, isIn } = visible;
  let found = 0;
  for (let k = 0; k < count; k += 1) {
    const i = which === undefined ? k : (which[k] ?? 0);
    if (isIn[i] === 0) continue;
    list[found] = i;
    found += 1;
  }
  visible.count = found;
}

const NONE: Visible = { list: new Uint32Array(), count: 0, isIn: new Uint8Array() };

/** Leaves out what is drawn beyond the picture, and what falls on the same pixels as something nearer: from far away half
 *  of a plant's points, most of a million. What is left makes the same picture.
 *  @param position [3 x glyphs], metres */
export function createVisibleFinder(position: Float32Array): VisibleFinder {
  let columns: Columns | undefined;
  let nearest = new Uint32Array();
  return {
    find(lens, size, of, pixelRatio) {
      // A large plant's overview has no single points: nothing is made for them.
      if (of.count === 0) return NONE;
      columns ??= columnsFor(position.length / 3);
      const grid = {
        across: Math.ceil(lens.width * pixelRatio),
        down: Math.ceil(lens.height * pixelRatio),
        margin: Math.ceil(size.most * pixelRatio) + 1,
      };
      const cells = (grid.across + grid.margin) * (grid.down + grid.margin);
      if (nearest.length !== cells) nearest = new Uint32Array(cells);
      placeOnPixels(columns, position, lens, size, of, { grid, pixelRatio });
      thin(columns, of, nearest);
      fillList(columns.visible, of);
      return columns.visible;
    },
  };
}
