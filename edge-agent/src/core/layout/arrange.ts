/** Assets of one area in the order in which they stand, line after line. */
export interface Ground {
  readonly lines: readonly (readonly Footprint[])[];
}

/** Of an asset, metres. */
export interface Footprint {
  readonly width: number;
  readonly depth: number;
}

export interface Slab {
  readonly minX: number;
  readonly maxX: number;
  readonly minZ: number;
  readonly maxZ: number;
  /** Middle of each asset, in the order of the lines: x, z, x, z ... */
  readonly at: Float64Array;
}

/** Of a screen. */
const ASPECT = 1.6;
/** Free floor around machines: to walk along, and before them for their labels. */
const BESIDE = 2.3;
const BEFORE = 3.2;
const AREA_MARGIN = 1.6;
const AREA_GAP = 2.4;
const LINE_GAP = 1.2;
/** A line that does not fit begins a new row where no more than this share of the row stays empty; else it is folded. */
const MOST_EMPTY = 1 / 3;
/** Widths of rows and of the plant grow in such steps, so that one more asset seldom moves the others. */
const STEP = 1.25;
/** Widths that are tried around the one that should fit. */
const WIDTHS_TRIED = [-3, -2, -1, 0, 1, 2] as const;

/** Areas as slabs beside each other, assets in rows on them; about as wide as a screen, whatever the number. */
export function arrange(grounds: readonly Ground[]): readonly Slab[] {
  const slabs = grounds.map(slabOf);
  const floor = slabs.reduce((sum, slab) => sum + (slab.maxX + AREA_GAP) * (slab.maxZ + AREA_GAP), 0);
  const widest = slabs.reduce((most, slab) => Math.max(most, slab.maxX), 0);
  const ideal = Math.log(Math.max(1, Math.sqrt(floor * ASPECT))) / Math.log(STEP);
  const candidates = WIDTHS_TRIED.map((by) =>
    shelves(slabs, Math.max(widest, STEP ** (Math.ceil(ideal) + by))),
  );
  return candidates.reduce((best, next) => (misfit(next) < misfit(best) ? next : best));
}

/** How far an arrangement is from the shape of a screen. */
function misfit(slabs: readonly Slab[]): number {
  let [x, z] = [1, 1];
  for (const { maxX, maxZ } of slabs) {
    x = Math.max(x, maxX);
    z = Math.max(z, maxZ);
  }
  // Bounds the whole as a screen sees it: what is too deep counts as the width that it would have needed.
  return Math.max(x, z * ASPECT);
}

/** One area with its corner at 0, 0. */
function slabOf({ lines }: Ground): Slab {
  const feet = lines.flat();
  const pitchX = feet.reduce((most, { width }) => Math.max(most, width), 0) + BESIDE;
  const pitchZ = feet.reduce((most, { depth }) => Math.max(most, depth), 0) + BEFORE;
  const columns = roundedUp(Math.sqrt((feet.length * ASPECT * pitchZ) / pitchX));
  const at = new Float64Array(2 * feet.length);
  let [i, row, seat, gaps, widest] = [0, 0, 0, 0, 0];
  for (const line of lines) {
    const free = columns - seat;
    const isNewRow = seat > 0 && line.length > free && free <= columns * MOST_EMPTY;
    if (isNewRow) [row, seat, gaps] = [row + 1, 0, 0];
    else if (seat > 0) gaps += 1;
    for (let k = 0; k < line.length; k += 1) {
      if (seat === columns) [row, seat, gaps] = [row + 1, 0, 0];
      const x = AREA_MARGIN + (seat + 0.5) * pitchX + gaps * LINE_GAP;
      at[i] = x;
      at[i + 1] = AREA_MARGIN + (row + 0.5) * pitchZ;
      widest = Math.max(widest, x + pitchX / 2);
      i += 2;
      seat += 1;
    }
  }
  return {
    minX: 0,
    maxX: widest + AREA_MARGIN,
    minZ: 0,
    maxZ: (row + 1) * pitchZ + 2 * AREA_MARGIN,
    at,
  };
}

/** The next of 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20 ... */
function roundedUp(count: number): number {
  let columns = 1;
  while (columns < count) columns = Math.max(columns + 1, Math.round(columns * STEP));
  return columns;
}

/** Slabs beside each other up to a width, then the next row of them, all about the middle of the plant. */
function shelves(slabs: readonly Slab[], width: number): readonly Slab[] {
  let [x, z, depth] = [0, 0, 0];
  return slabs.map((slab) => {
    if (x > 0 && x + slab.maxX > width) {
      z += depth + AREA_GAP;
      [x, depth] = [0, 0];
    }
    const placed = moved(slab, x, z);
    x = placed.maxX + AREA_GAP;
    depth = Math.max(depth, slab.maxZ);
    return placed;
  });
}

const moved = (slab: Slab, x: number, z: number): Slab => ({
  minX: centimetres(slab.minX + x),
  maxX: centimetres(slab.maxX + x),
  minZ: centimetres(slab.minZ + z),
  maxZ: centimetres(slab.maxZ + z),
  at: slab.at.map((value, i) => centimetres(value + (i % 2 === 0 ? x : z))),
});

const centimetres = (metres: number): number => Math.round(metres * 100) / 100;
