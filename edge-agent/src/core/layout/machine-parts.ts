import type { MachineShape } from "./machine-shape.ts";
import type { LayoutPart, Triple } from "./plant-layout.ts";

// Metres; the shaft runs along x, the floor is y = 0.
const box = (size: Triple, at: Triple, grey: number): LayoutPart => ({ shape: "box", size, at, grey });
const alongX = (radius: number, length: number, at: Triple, grey: number): LayoutPart => ({
  shape: "along-x",
  size: [length, 2 * radius, 2 * radius],
  at,
  grey,
});
const alongZ = (radius: number, length: number, at: Triple, grey: number): LayoutPart => ({
  shape: "along-z",
  size: [2 * radius, 2 * radius, length],
  at,
  grey,
});
const upright = (radius: number, length: number, at: Triple, grey: number): LayoutPart => ({
  shape: "upright",
  size: [2 * radius, length, 2 * radius],
  at,
  grey,
});

const SHAFT_Y = 0.74;

/** A motor on a base plate, with its coupling. */
const drive: readonly LayoutPart[] = [
  box([3.7, 0.16, 1.6], [0, 0.08, 0], 0.3),
  box([1.05, 0.22, 0.95], [-0.98, 0.25, 0], 0.4),
  alongX(0.42, 1.2, [-0.98, SHAFT_Y, 0], 0.6),
  ...[-1.42, -1.2, -0.98, -0.76, -0.54].map((x) => alongX(0.47, 0.07, [x, SHAFT_Y, 0], 0.52)),
  alongX(0.4, 0.22, [-1.66, SHAFT_Y, 0], 0.45),
  box([0.42, 0.24, 0.36], [-0.98, 1.28, 0], 0.5),
  alongX(0.07, 0.8, [-0.1, SHAFT_Y, 0], 0.8),
  alongX(0.2, 0.34, [-0.1, SHAFT_Y, 0], 0.42),
];

const pump: readonly LayoutPart[] = [
  ...drive,
  box([0.5, 0.34, 0.5], [0.42, 0.33, 0], 0.42),
  alongX(0.25, 0.6, [0.42, SHAFT_Y, 0], 0.58),
  alongX(0.6, 0.4, [0.95, SHAFT_Y, 0], 0.66),
  alongX(0.66, 0.1, [0.95, SHAFT_Y, 0], 0.56),
  upright(0.21, 1, [0.95, 1.36, -0.36], 0.62),
  upright(0.34, 0.1, [0.95, 1.88, -0.36], 0.54),
  alongX(0.24, 0.46, [1.36, SHAFT_Y, 0], 0.62),
  alongX(0.37, 0.1, [1.62, SHAFT_Y, 0], 0.54),
];

const fan: readonly LayoutPart[] = [
  ...drive,
  box([0.62, 0.4, 1], [0.9, 0.36, 0], 0.42),
  alongX(0.9, 0.62, [0.9, 1.06, 0], 0.64),
  alongX(0.96, 0.06, [0.62, 1.06, 0], 0.54),
  alongX(0.96, 0.06, [1.18, 1.06, 0], 0.54),
  alongX(0.5, 0.28, [1.32, 1.06, 0], 0.5),
  box([0.58, 1, 0.7], [0.9, 1.74, -0.55], 0.62),
  box([0.68, 0.08, 0.8], [0.9, 2.22, -0.55], 0.52),
  box([0.3, 0.3, 0.4], [0.32, 0.45, 0], 0.46),
];

const gearbox: readonly LayoutPart[] = [
  ...drive,
  box([1.24, 0.62, 1.1], [0.86, 0.47, 0], 0.6),
  box([1.34, 0.08, 1.2], [0.86, 0.8, 0], 0.5),
  box([1.1, 0.36, 0.92], [0.86, 1.02, 0], 0.64),
  box([0.7, 0.1, 0.5], [0.86, 1.25, 0], 0.54),
  upright(0.09, 0.2, [0.62, 1.36, 0], 0.5),
  alongX(0.28, 0.18, [0.2, SHAFT_Y, 0], 0.52),
  alongX(0.12, 0.5, [1.66, 0.6, 0.2], 0.8),
  alongX(0.34, 0.16, [1.74, 0.6, 0.2], 0.54),
];

const pedestals: readonly LayoutPart[] = [0.45, 1.45].flatMap((x) => [
  box([0.34, 0.5, 0.6], [x, 0.36, 0], 0.46),
  alongX(0.26, 0.34, [x, SHAFT_Y, 0], 0.58),
]);

const motor: readonly LayoutPart[] = [
  ...drive,
  ...pedestals,
  alongX(0.07, 1.3, [0.95, SHAFT_Y, 0], 0.8),
  alongX(0.56, 0.26, [0.95, SHAFT_Y, 0], 0.64),
];

const compressor: readonly LayoutPart[] = [
  ...drive,
  box([1.2, 0.5, 1.1], [0.9, 0.41, 0], 0.44),
  alongX(0.44, 1.3, [0.9, 0.92, 0], 0.62),
  alongX(0.5, 0.08, [0.28, 0.92, 0], 0.52),
  alongX(0.5, 0.08, [1.52, 0.92, 0], 0.52),
  upright(0.36, 1.5, [1.35, 1.25, -0.4], 0.66),
  upright(0.38, 0.08, [1.35, 2, -0.4], 0.54),
  alongZ(0.14, 0.7, [0.6, 1.3, 0.2], 0.58),
];

const conveyor: readonly LayoutPart[] = [
  box([5, 0.12, 0.9], [0, 0.9, 0], 0.42),
  box([5, 0.16, 0.06], [0, 0.94, 0.48], 0.56),
  box([5, 0.16, 0.06], [0, 0.94, -0.48], 0.56),
  ...[-2.42, 2.42].map((x) => alongZ(0.17, 0.96, [x, 0.88, 0], 0.6)),
  ...[-2.1, -0.7, 0.7, 2.1].map((x) => box([0.12, 0.84, 0.84], [x, 0.42, 0], 0.36)),
  box([0.5, 0.36, 0.42], [-2.1, 0.66, 0.72], 0.5),
  alongZ(0.2, 0.4, [-2.1, 0.66, 1.1], 0.6),
];

const press: readonly LayoutPart[] = [
  box([2.8, 0.3, 2], [0, 0.15, 0], 0.32),
  box([2.2, 0.7, 1.5], [0, 0.65, 0], 0.5),
  ...[-0.95, 0.95].flatMap((x) => [-0.6, 0.6].map((z) => upright(0.14, 2, [x, 2, z], 0.72))),
  box([2.2, 0.3, 1.5], [0, 1.9, 0], 0.58),
  box([2.5, 0.8, 1.7], [0, 3.2, 0], 0.54),
  upright(0.3, 0.8, [0, 2.45, 0], 0.66),
  alongX(0.34, 1, [0.4, 3.9, 0], 0.62),
];

const exchanger: readonly LayoutPart[] = [
  ...[-1.1, 1.1].map((x) => box([0.3, 0.7, 0.9], [x, 0.35, 0], 0.4)),
  alongX(0.5, 3.4, [0, 1.2, 0], 0.62),
  ...[-1.5, 1.5].map((x) => alongX(0.6, 0.12, [x, 1.2, 0], 0.52)),
  ...[-1.2, 1.2].map((x) => upright(0.16, 0.5, [x, 1.9, 0], 0.58)),
  alongZ(0.14, 0.5, [-1.7, 1.2, 0.4], 0.56),
  alongZ(0.14, 0.5, [1.7, 1.2, 0.4], 0.56),
];

const tank: readonly LayoutPart[] = [
  upright(1.75, 0.2, [0, 0.1, 0], 0.34),
  upright(1.6, 3.6, [0, 2, 0], 0.64),
  upright(1.66, 0.1, [0, 3.8, 0], 0.54),
  upright(1, 0.24, [0, 3.95, 0], 0.58),
  upright(0.14, 0.4, [0.6, 4.2, 0], 0.5),
  box([0.4, 3.8, 0.12], [0, 1.95, 1.66], 0.44),
  alongX(0.14, 0.5, [1.7, 0.6, 0], 0.56),
];

const valve: readonly LayoutPart[] = [
  alongX(0.16, 1.6, [0, 0.8, 0], 0.6),
  ...[-0.42, 0.42].map((x) => alongX(0.28, 0.08, [x, 0.8, 0], 0.5)),
  box([0.44, 0.44, 0.4], [0, 0.8, 0], 0.56),
  upright(0.07, 0.5, [0, 1.2, 0], 0.74),
  upright(0.26, 0.36, [0, 1.55, 0], 0.64),
  box([0.2, 0.62, 0.3], [0, 0.31, 0], 0.36),
];

const cabinet: readonly LayoutPart[] = [
  box([1.7, 0.1, 0.74], [0, 0.05, 0], 0.3),
  box([1.6, 2, 0.6], [0, 1.1, 0], 0.6),
  box([0.74, 1.84, 0.03], [-0.4, 1.1, 0.31], 0.66),
  box([0.74, 1.84, 0.03], [0.4, 1.1, 0.31], 0.66),
  box([0.4, 0.26, 0.03], [0.4, 1.6, 0.335], 0.3),
  box([1.64, 0.06, 0.64], [0, 2.13, 0], 0.5),
];

const post: readonly LayoutPart[] = [
  upright(0.24, 0.06, [0, 0.03, 0], 0.34),
  upright(0.05, 1.3, [0, 0.7, 0], 0.56),
  box([0.4, 0.44, 0.2], [0, 1.5, 0], 0.64),
  box([0.28, 0.2, 0.03], [0, 1.56, 0.11], 0.32),
];

const PARTS: Readonly<Record<MachineShape, readonly LayoutPart[]>> = {
  pump,
  fan,
  gearbox,
  motor,
  compressor,
  conveyor,
  press,
  exchanger,
  tank,
  valve,
  cabinet,
  post,
};

export const partsOf = (shape: MachineShape): readonly LayoutPart[] => PARTS[shape];

/** Width, height and depth of the box around the place on the floor that holds all parts. */
export function sizeOf(parts: readonly LayoutPart[]): Triple {
  let [x, y, z] = [0, 0, 0];
  for (const { at, size } of parts) {
    x = Math.max(x, 2 * Math.abs(at[0]) + size[0]);
    y = Math.max(y, at[1] + size[1] / 2);
    z = Math.max(z, 2 * Math.abs(at[2]) + size[2]);
  }
  return [rounded(x), rounded(y), rounded(z)];
}

/** Millimetres are enough for a picture, and short to write. */
const rounded = (metres: number): number => Math.round(metres * 1000) / 1000;
