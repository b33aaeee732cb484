import type { MachineKind } from "./kind.ts";

type Triple = readonly [number, number, number];

/** A building block, metres; the shaft runs along x, the floor is y = 0. */
export interface Part {
  readonly shape: "box" | "along-x" | "upright";
  /** Box: its edges. Cylinder: radius and length. */
  readonly size: Triple | readonly [number, number];
  readonly at: Triple;
  /** 0 black .. 1 white. */
  readonly grey: number;
}

const box = (size: Triple, at: Triple, grey: number): Part => ({ shape: "box", size, at, grey });
const alongX = (radius: number, length: number, at: Triple, grey: number): Part => ({
  shape: "along-x",
  size: [radius, length],
  at,
  grey,
});
const upright = (radius: number, length: number, at: Triple, grey: number): Part => ({
  shape: "upright",
  size: [radius, length],
  at,
  grey,
});

const SHAFT_Y = 0.74;

const drive: readonly Part[] = [
  box([3.7, 0.16, 1.6], [0, 0.08, 0], 0.3),
  box([1.05, 0.22, 0.95], [-0.98, 0.25, 0], 0.4),
  alongX(0.42, 1.2, [-0.98, SHAFT_Y, 0], 0.6),
  ...[-1.42, -1.2, -0.98, -0.76, -0.54].map((x) => alongX(0.47, 0.07, [x, SHAFT_Y, 0], 0.52)),
  alongX(0.4, 0.22, [-1.66, SHAFT_Y, 0], 0.45),
  box([0.42, 0.24, 0.36], [-0.98, 1.28, 0], 0.5),
  alongX(0.07, 0.8, [-0.1, SHAFT_Y, 0], 0.8),
  alongX(0.2, 0.34, [-0.1, SHAFT_Y, 0], 0.42),
];

const pump: readonly Part[] = [
  box([0.5, 0.34, 0.5], [0.42, 0.33, 0], 0.42),
  alongX(0.25, 0.6, [0.42, SHAFT_Y, 0], 0.58),
  alongX(0.6, 0.4, [0.95, SHAFT_Y, 0], 0.66),
  alongX(0.66, 0.1, [0.95, SHAFT_Y, 0], 0.56),
  upright(0.21, 1, [0.95, 1.36, -0.36], 0.62),
  upright(0.34, 0.1, [0.95, 1.88, -0.36], 0.54),
  alongX(0.24, 0.46, [1.36, SHAFT_Y, 0], 0.62),
  alongX(0.37, 0.1, [1.62, SHAFT_Y, 0], 0.54),
];

const fan: readonly Part[] = [
  box([0.62, 0.4, 1], [0.9, 0.36, 0], 0.42),
  alongX(0.9, 0.62, [0.9, 1.06, 0], 0.64),
  alongX(0.96, 0.06, [0.62, 1.06, 0], 0.54),
  alongX(0.96, 0.06, [1.18, 1.06, 0], 0.54),
  alongX(0.5, 0.28, [1.32, 1.06, 0], 0.5),
  box([0.58, 1, 0.7], [0.9, 1.74, -0.55], 0.62),
  box([0.68, 0.08, 0.8], [0.9, 2.22, -0.55], 0.52),
  box([0.3, 0.3, 0.4], [0.32, 0.45, 0], 0.46),
];

const gearbox: readonly Part[] = [
  box([1.24, 0.62, 1.1], [0.86, 0.47, 0], 0.6),
  box([1.34, 0.08, 1.2], [0.86, 0.8, 0], 0.5),
  box([1.1, 0.36, 0.92], [0.86, 1.02, 0], 0.64),
  box([0.7, 0.1, 0.5], [0.86, 1.25, 0], 0.54),
  upright(0.09, 0.2, [0.62, 1.36, 0], 0.5),
  alongX(0.28, 0.18, [0.2, SHAFT_Y, 0], 0.52),
  alongX(0.12, 0.5, [1.66, 0.6, 0.2], 0.8),
  alongX(0.34, 0.16, [1.74, 0.6, 0.2], 0.54),
];

const pedestals: readonly Part[] = [0.45, 1.45].flatMap((x) => [
  box([0.34, 0.5, 0.6], [x, 0.36, 0], 0.46),
  alongX(0.26, 0.34, [x, SHAFT_Y, 0], 0.58),
]);

const motor: readonly Part[] = [
  ...pedestals,
  alongX(0.07, 1.3, [0.95, SHAFT_Y, 0], 0.8),
  alongX(0.56, 0.26, [0.95, SHAFT_Y, 0], 0.64),
];

const driven: Readonly<Record<MachineKind, readonly Part[]>> = { pump, fan, gearbox, motor };

/** A motor on its base plate and what it drives. */
export const partsOf = (kind: MachineKind): readonly Part[] => [...drive, ...driven[kind]];

/** Where a machine's label hangs: before its base plate, on the ring, so that it hides neither its own machine nor more
 *  than the floor before the next; metres. */
export const LABEL_AHEAD = 1.55;
