import type { MachineShape } from "./machine-shape.ts";
import type { Triple } from "./plant-layout.ts";
import type { PointRole } from "./point-kinds.ts";

type Spots = Readonly<Partial<Record<PointRole, readonly Triple[]>>>;

/** On the motor of every drive: bearing housings, windings, terminal box, coupling. */
const driveSpots: Spots = {
  vibration: [
    [-0.42, 1.2, 0],
    [-1.5, 1.2, 0],
    [-0.42, 0.74, 0.5],
    [-1.5, 0.74, 0.5],
  ],
  temperature: [
    [-0.98, 0.9, 0.48],
    [-0.98, 0.6, 0.48],
    [-1.3, 0.9, 0.48],
    [-0.66, 0.9, 0.48],
  ],
  speed: [[-0.1, 1, 0]],
  electric: [
    [-0.98, 1.4, 0],
    [-1.12, 1.4, 0.12],
    [-0.84, 1.4, 0.12],
  ],
};

const SPOTS: Readonly<Record<MachineShape, Spots>> = {
  pump: {
    ...driveSpots,
    pressure: [
      [0.95, 1.7, -0.12],
      [1.62, 0.74, 0.4],
    ],
    flow: [[0.95, 1.4, -0.12]],
  },
  fan: { ...driveSpots, pressure: [[0.9, 2.1, -0.18]], flow: [[0.9, 1.8, -0.18]] },
  gearbox: { ...driveSpots, pressure: [[0.62, 1.46, 0]] },
  motor: driveSpots,
  compressor: {
    ...driveSpots,
    pressure: [
      [1.35, 1.9, 0],
      [0.6, 1.46, 0.4],
    ],
    flow: [[1.35, 1.5, 0]],
  },
  conveyor: {
    speed: [[-2.42, 1.02, 0]],
    vibration: [
      [-2.42, 1.02, 0.5],
      [2.42, 1.02, 0.5],
    ],
    electric: [[-2.1, 0.9, 1.1]],
    temperature: [[-2.1, 0.9, 0.72]],
  },
  press: {
    pressure: [[0, 2.9, 0.5]],
    speed: [[0.4, 3.9, 0.36]],
    vibration: [
      [-0.95, 3.2, 0.9],
      [0.95, 3.2, 0.9],
    ],
    temperature: [[0, 1.9, 0.78]],
    electric: [[0.9, 3.9, 0.36]],
  },
  exchanger: {
    temperature: [
      [-1.2, 2.12, 0],
      [1.2, 2.12, 0],
      [-1.7, 1.2, 0.6],
      [1.7, 1.2, 0.6],
    ],
    pressure: [
      [-1.2, 1.9, 0.18],
      [1.2, 1.9, 0.18],
    ],
    flow: [[0, 1.72, 0]],
  },
  tank: {
    level: [[0, 3.6, 1.72]],
    temperature: [[-0.7, 1.4, 1.5]],
    pressure: [[0.6, 4.3, 0.16]],
    flow: [[1.8, 0.8, 0]],
  },
  valve: { other: [[0, 1.72, 0.1]], pressure: [[0.42, 1.1, 0]], flow: [[-0.42, 1.1, 0]] },
  cabinet: {},
  post: { other: [[0, 1.6, 0.13]] },
};

/** Where the points of an asset stand on it: each at the part that it tells of, the others on a grid before the machine.
 *  @param size of the template
 *  @returns one place for each role, all different and inside the template's box */
export function placesOf(shape: MachineShape, size: Triple, roles: readonly PointRole[]): Triple[] {
  const used = new Map<PointRole, number>();
  const left: number[] = [];
  const places = roles.map((role, i): Triple => {
    const taken = used.get(role) ?? 0;
    used.set(role, taken + 1);
    const spot = SPOTS[shape][role]?.[taken];
    if (spot !== undefined) return spot;
    left.push(i);
    return [0, 0, 0];
  });
  for (const [k, i] of left.entries()) places[i] = gridPlace(size, k, left.length);
  return places;
}

/** Place `k` of `count` on the front of a box, row by row from the top left. */
function gridPlace([width, height, depth]: Triple, k: number, count: number): Triple {
  const columns = Math.ceil(Math.sqrt((count * width) / height));
  const rows = Math.ceil(count / columns);
  const x = ((k % columns) + 0.5) / columns - 0.5;
  const y = (rows - Math.floor(k / columns) - 0.5) / rows;
  return [metres(0.92 * width * x), metres(height * (0.1 + 0.8 * y)), metres(depth / 2)];
}

// Finer than any picture shows, so that two of a million points on one cabinet still differ.
const metres = (value: number): number => Math.round(value * 10_000) / 10_000;
