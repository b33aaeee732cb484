import type { ExpandedLayout, LayoutArea, LayoutPart } from "@stethos/edge-agent/core";

/** Triangles in columns; corners are shared within a face, so that each keeps its own shade. */
export interface Merged {
  /** [3 x corners], metres. */
  readonly position: Float32Array;
  /** [corners]: grey 0..255 with the light already in it. */
  readonly grey: Uint8Array;
  readonly index: Uint32Array;
}

/** A shape around the origin, before it is put on its place. */
export interface Shape {
  readonly position: Float32Array;
  readonly normal: Float32Array;
  /** [corners]: 0..1. */
  readonly grey: Float32Array;
  readonly index: Uint32Array;
}

const SIDES = 10;
/** Towards the light, of length 1: from above, the left and the front. */
const LIGHT = [-0.371, 0.743, 0.557] as const;
const AMBIENT = 0.42;

type Face = readonly (readonly [number, number, number])[];

interface Corners {
  readonly position: number[];
  readonly normal: number[];
  readonly grey: number[];
  readonly index: number[];
}

const empty = (): Corners => ({ position: [], normal: [], grey: [], index: [] });

/** A flat convex face; seen from outside its corners run against the clock. */
function addFace(into: Corners, face: Face, normal: readonly number[], grey: number): void {
  const first = into.grey.length;
  for (const corner of face) {
    into.position.push(...corner);
    into.normal.push(...normal);
    into.grey.push(grey);
  }
  for (let i = 2; i < face.length; i += 1) into.index.push(first, first + i - 1, first + i);
}

/** A box without its underside: nobody looks from below. */
function addBox(into: Corners, part: Pick<LayoutPart, "at" | "size" | "grey">): void {
  const [x, y, z] = part.at;
  const [hx, hy, hz] = [part.size[0] / 2, part.size[1] / 2, part.size[2] / 2];
  const at = (sx: number, sy: number, sz: number): [number, number, number] => [
    x + sx * hx,
    y + sy * hy,
    z + sz * hz,
  ];
  const { grey } = part;
  addFace(into, [at(-1, 1, 1), at(1, 1, 1), at(1, 1, -1), at(-1, 1, -1)], [0, 1, 0], grey);
  addFace(into, [at(-1, -1, 1), at(1, -1, 1), at(1, 1, 1), at(-1, 1, 1)], [0, 0, 1], grey);
  addFace(into, [at(1, -1, -1), at(-1, -1, -1), at(-1, 1, -1), at(1, 1, -1)], [0, 0, -1], grey);
  addFace(into, [at(1, -1, 1), at(1, -1, -1), at(1, 1, -1), at(1, 1, 1)], [1, 0, 0], grey);
  addFace(into, [at(-1, -1, -1), at(-1, -1, 1), at(-1, 1, 1), at(-1, 1, -1)], [-1, 0, 0], grey);
}

/** Axes of a cylinder: along it, and the two across, right-handed. */
const AXES: Readonly<Record<Exclude<LayoutPart["shape"], "box">, readonly [number, number, number]>> = {
  upright: [1, 2, 0],
  "along-x": [0, 1, 2],
  "along-z": [2, 0, 1],
};

function addCylinder(
  into: Corners,
  part: LayoutPart,
  [along, u, v]: readonly [number, number, number],
): void {
  const point = (turn: number, end: number): [number, number, number] => {
    const made: [number, number, number] = [part.at[0], part.at[1], part.at[2]];
    made[along] = (made[along] ?? 0) + (end * (part.size[along] ?? 0)) / 2;
    made[u] = (made[u] ?? 0) + (Math.cos(turn) * (part.size[u] ?? 0)) / 2;
    made[v] = (made[v] ?? 0) + (Math.sin(turn) * (part.size[v] ?? 0)) / 2;
    return made;
  };
  const direction = (axis: number, length: number): number[] =>
    [0, 1, 2].map((i) => (i === axis ? length : 0));
  const turns = Array.from({ length: SIDES }, (_, i) => (i * 2 * Math.PI) / SIDES);
  const first = into.grey.length;
  for (const turn of turns) {
    const normal = [0, 0, 0];
    normal[u] = Math.cos(turn);
    normal[v] = Math.sin(turn);
    into.position.push(...point(turn, -1), ...point(turn, 1));
    into.normal.push(...normal, ...normal);
    into.grey.push(part.grey, part.grey);
  }
  for (let i = 0; i < SIDES; i += 1) {
    const [a, b] = [first + 2 * i, first + 2 * ((i + 1) % SIDES)];
    into.index.push(a, b, a + 1, a + 1, b, b + 1);
  }
  addFace(
    into,
    turns.map((turn) => point(turn, 1)),
    direction(along, 1),
    part.grey,
  );
  if (part.shape === "upright") return;
  addFace(
    into,
    turns.map((turn) => point(-turn, -1)),
    direction(along, -1),
    part.grey,
  );
}

export function shapeOf(parts: readonly LayoutPart[]): Shape {
  const corners = empty();
  for (const part of parts) {
    if (part.shape === "box") addBox(corners, part);
    else addCylinder(corners, part, AXES[part.shape]);
  }
  return {
    position: Float32Array.from(corners.position),
    normal: Float32Array.from(corners.normal),
    grey: Float32Array.from(corners.grey),
    index: Uint32Array.from(corners.index),
  };
}

/** Where a shape stands: metres, and radians around the upright axis. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly turn: number;
}

export function placeOfAsset({ layout }: ExpandedLayout, a: number): Place {
  const asset = layout.assets[a];
  const turn = ((asset?.turn ?? 0) * Math.PI) / 180;
  const at = asset?.at ?? [0, 0];
  return at.length === 2 ? { x: at[0], y: 0, z: at[1], turn } : { x: at[0], y: at[1], z: at[2], turn };
}

const shade = (grey: number, facing: number): number =>
  Math.min(255, Math.round(255 * grey * (AMBIENT + (1 - AMBIENT) * Math.max(0, facing)) * 1.15));

/** Puts shapes into one geometry, one after the other. */
export interface Merger {
  add(shape: Shape, place: Place): void;
  merged(): Merged;
}

/** @param corners how many will be added at most */
export function createMerger(corners: number, indices: number): Merger {
  const position = new Float32Array(3 * corners);
  const greys = new Uint8Array(corners);
  const index = new Uint32Array(indices);
  let c = 0;
  let i = 0;
  return {
    add(shape, place) {
      const cos = Math.cos(place.turn);
      const sin = Math.sin(place.turn);
      const first = c;
      for (let k = 0; k < shape.grey.length; k += 1, c += 1) {
        const px = shape.position[3 * k] ?? 0;
        const py = shape.position[3 * k + 1] ?? 0;
        const pz = shape.position[3 * k + 2] ?? 0;
        position[3 * c] = place.x + px * cos + pz * sin;
        position[3 * c + 1] = place.y + py;
        position[3 * c + 2] = place.z - px * sin + pz * cos;
        const nx = shape.normal[3 * k] ?? 0;
        const ny = shape.normal[3 * k + 1] ?? 0;
        const nz = shape.normal[3 * k + 2] ?? 0;
        const facing = (nx * cos + nz * sin) * LIGHT[0] + ny * LIGHT[1] + (nz * cos - nx * sin) * LIGHT[2];
        greys[c] = shade(shape.grey[k] ?? 0, facing);
      }
      for (let k = 0; k < shape.index.length; k += 1, i += 1) index[i] = first + (shape.index[k] ?? 0);
    },
    merged: () => ({
      position: position.subarray(0, 3 * c),
      grey: greys.subarray(0, c),
      index: index.subarray(0, i),
    }),
  };
}

const PLAIN_GREY = 0.62;

/** One box for an asset: what is drawn of it far away and before its parts have come. */
export const plainShape = (size: readonly [number, number, number]): Shape =>
  shapeOf([{ shape: "box", at: [0, size[1] / 2, 0], size, grey: PLAIN_GREY }]);

/** The floors of the areas with their kerbs: grey 0 is the kerb, 255 the floor. */
export function floorsOf(areas: readonly LayoutArea[]): Merged {
  const corners = empty();
  for (const { minX, maxX, minZ, maxZ } of areas) {
    const slab = (outset: number, y: number, grey: number): void => {
      const [x0, x1, z0, z1] = [minX - outset, maxX + outset, minZ - outset, maxZ + outset];
      addFace(
        corners,
        [
          [x0, y, z1],
          [x1, y, z1],
          [x1, y, z0],
          [x0, y, z0],
        ],
        [0, 1, 0],
        grey,
      );
    };
    const kerb = Math.max(0.1, (maxX - minX) / 400);
    // What lies above first: what it covers is not drawn then.
    slab(0, -0.05, 255);
    slab(kerb, -0.3, 0);
  }
  return {
    position: Float32Array.from(corners.position),
    grey: Uint8Array.from(corners.grey),
    index: Uint32Array.from(corners.index),
  };
}
