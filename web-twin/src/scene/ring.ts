import type { RingName } from "./look.ts";

const WIDTH = 0.16;
const STEPS = 72;

/** Half axes of the inmost ring, metres. */
export interface Oval {
  readonly halfX: number;
  readonly halfZ: number;
}

/** Corner coordinates x, z of triangles that lie on the floor. */
export type FloorTriangles = readonly number[];

/** A piece of an ellipse's outline between two parts of the full turn. */
function arc({ halfX, halfZ }: Oval, fromTurn: number, toTurn: number, outset: number): number[] {
  const steps = Math.max(1, Math.round((toTurn - fromTurn) * STEPS));
  const at = (turn: number, extra: number): [number, number] => [
    Math.cos(turn * 2 * Math.PI) * (halfX + outset + extra),
    Math.sin(turn * 2 * Math.PI) * (halfZ + outset + extra),
  ];
  return Array.from({ length: steps }, (_, i) => {
    const a = fromTurn + ((toTurn - fromTurn) * i) / steps;
    const b = fromTurn + ((toTurn - fromTurn) * (i + 1)) / steps;
    const [innerA, outerA, innerB, outerB] = [at(a, 0), at(a, WIDTH), at(b, 0), at(b, WIDTH)];
    // Seen from above the corners run against the clock, so that the face looks up.
    return [...innerA, ...innerB, ...outerA, ...outerA, ...innerB, ...outerB];
  }).flat();
}

const pieces = (oval: Oval, count: number, share: number): number[] =>
  Array.from({ length: count }, (_, i) => arc(oval, i / count, (i + share) / count, 0)).flat();

/** Four bars across the outline, at the diagonals. */
const bars = (oval: Oval): number[] =>
  [0.125, 0.375, 0.625, 0.875].flatMap((turn) => arc(oval, turn - 0.012, turn + 0.012, 0.24));

/** The outline of a state on the floor: each can be told from the others in grey. */
export function ringTriangles(ring: RingName, oval: Oval): FloorTriangles {
  switch (ring) {
    case "none":
      return [];
    case "single":
      return arc(oval, 0, 1, 0);
    case "double":
      return [...arc(oval, 0, 1, 0), ...arc(oval, 0, 1, 0.32)];
    case "dashed":
      return pieces(oval, 16, 0.6);
    case "dotted":
      return pieces(oval, 36, 0.3);
    case "crossed":
      return [...arc(oval, 0, 1, 0), ...bars(oval)];
  }
}

/** A rectangle around what is selected.
 *  @param width of its bars, metres */
export function frameTriangles({ halfX: x, halfZ: z }: Oval, width: number): FloorTriangles {
  const bar = (x0: number, x1: number, z0: number, z1: number): number[] => [
    ...[x0, z0, x0, z1, x1, z0],
    ...[x1, z0, x0, z1, x1, z1],
  ];
  return [
    ...bar(-x, x, -z - width, -z),
    ...bar(-x, x, z, z + width),
    ...bar(-x - width, -x, -z - width, z + width),
    ...bar(x, x + width, -z - width, z + width),
  ];
}
