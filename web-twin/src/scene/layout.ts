import type { MachineDto } from "@stethos/edge-agent/core";

/** Metres. A machine with its base plate is about 3.6 long and 1.6 wide. */
const PITCH_X = 6;
const PITCH_Z = 6;
const AREA_MARGIN = 2.6;
const AREA_GAP = 2.4;
const LINE_GAP = 1.2;
/** Longer lines are folded, so that a long line does not shrink the whole plant. */
const MOST_IN_ROW = 8;

export interface Spot {
  readonly id: string;
  readonly x: number;
  readonly z: number;
}

export interface Bounds {
  readonly minX: number;
  readonly maxX: number;
  readonly minZ: number;
  readonly maxZ: number;
}

export interface AreaSlab extends Bounds {
  readonly name: string;
}

export interface PlantLayout {
  readonly machines: readonly Spot[];
  readonly areas: readonly AreaSlab[];
}

type Placed = Pick<MachineDto, "id" | "path">;

function groups<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): readonly (readonly [string, readonly T[]])[] {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const known = found.get(key);
    if (known === undefined) found.set(key, [item]);
    else known.push(item);
  }
  return [...found];
}

/** A machine of a row, and how much farther along than usual it stands: a new line keeps its distance. */
interface Seat {
  readonly machine: Placed;
  readonly extra: number;
}

const folded = (seats: readonly Seat[]): readonly (readonly Seat[])[] =>
  Array.from({ length: Math.ceil(seats.length / MOST_IN_ROW) }, (_, row) =>
    seats.slice(row * MOST_IN_ROW, (row + 1) * MOST_IN_ROW),
  );

/** Rows of one area, each of so many lines. */
function rowsOf(machines: readonly Placed[], linesInRow: number): readonly (readonly Seat[])[] {
  const lines = groups(machines, ({ path }) => path.line).map(([, members]) => members);
  const rows: Seat[][] = [];
  lines.forEach((line, i) => {
    const starts = i % linesInRow === 0;
    const seats = line.map((machine, c) => ({ machine, extra: c === 0 && !starts ? LINE_GAP : 0 }));
    if (starts) rows.push(seats);
    else rows.at(-1)?.push(...seats);
  });
  return rows.flatMap(folded);
}

function placeArea(
  name: string,
  rows: readonly (readonly Seat[])[],
  corner: { readonly x: number; readonly z: number },
): { slab: AreaSlab; spots: Spot[] } {
  const spots = rows.flatMap((row, r) => {
    let x = corner.x + AREA_MARGIN;
    return row.map(({ machine, extra }, c) => {
      x += c === 0 ? 0 : PITCH_X + extra;
      return { id: machine.id, x, z: corner.z + AREA_MARGIN + r * PITCH_Z };
    });
  });
  const slab = {
    name,
    minX: corner.x,
    maxX: Math.max(...spots.map(({ x }) => x)) + AREA_MARGIN,
    minZ: corner.z,
    maxZ: corner.z + 2 * AREA_MARGIN + (rows.length - 1) * PITCH_Z,
  };
  return { slab, spots };
}

interface Shelf {
  x: number;
  z: number;
  depth: number;
}

export interface Arrangement {
  /** Areas that stand side by side before the next row of areas begins. */
  readonly areasInRow: number;
  /** Lines that stand side by side in an area. */
  readonly linesInRow: number;
}

const areasOf = (machines: readonly Placed[]): readonly (readonly Placed[])[] =>
  groups(machines, ({ path }) => `${path.site}/${path.area}`).map(([, members]) => members);

/** Where each machine stands: areas as slabs, lines as rows, in the agent's order. */
export function layOut(machines: readonly Placed[], { areasInRow, linesInRow }: Arrangement): PlantLayout {
  const shelf: Shelf = { x: 0, z: 0, depth: 0 };
  const areas: AreaSlab[] = [];
  const spots: Spot[] = [];
  areasOf(machines).forEach((members, i) => {
    if (i > 0 && i % areasInRow === 0) {
      shelf.z += shelf.depth + AREA_GAP;
      shelf.x = 0;
      shelf.depth = 0;
    }
    const placed = placeArea(members[0]?.path.area ?? "", rowsOf(members, linesInRow), shelf);
    areas.push(placed.slab);
    spots.push(...placed.spots);
    shelf.x = placed.slab.maxX + AREA_GAP;
    shelf.depth = Math.max(shelf.depth, placed.slab.maxZ - placed.slab.minZ);
  });
  return { machines: spots, areas };
}

/** A machine behind another is partly hidden by it: each row counts as if the camera stood a fifth farther off. */
const ROW_COST = 0.2;
/** More would only be searched for in vain. */
const MOST_IN_LINE = 6;

/** The arrangement that shows the machines largest and least behind each other.
 *  @param distanceOf how far the camera must stand back to see it all */
export function bestLayout(
  machines: readonly Placed[],
  distanceOf: (areas: readonly Bounds[]) => number,
): PlantLayout {
  const upTo = (most: number): number[] =>
    Array.from({ length: Math.min(most, MOST_IN_LINE) }, (_, i) => i + 1);
  const cost = (layout: PlantLayout): number => {
    const rows = new Set(layout.machines.map(({ z }) => z)).size;
    return distanceOf(layout.areas) * (1 + ROW_COST * rows);
  };
  const candidates = upTo(areasOf(machines).length).flatMap((areasInRow) =>
    upTo(MOST_IN_LINE).map((linesInRow) => layOut(machines, { areasInRow, linesInRow })),
  );
  const [first = layOut(machines, { areasInRow: 1, linesInRow: 1 }), ...others] = candidates;
  return others.reduce((best, next) => (cost(next) < cost(best) ? next : best), first);
}
