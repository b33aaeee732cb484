import type { GltfNode } from "./gltf.ts";
import { ModelError } from "./model-error.ts";

/** 4 x 4, column after column. */
export type Matrix = readonly number[];

export const IDENTITY: Matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

const few = (values: readonly number[] | undefined, fallback: readonly number[], what: string) => {
  if (values !== undefined && values.length !== fallback.length)
    throw new ModelError(`${what} of a node has ${values.length} numbers, not ${fallback.length}`);
  return values ?? fallback;
};

/** glTF 2.0, section 3.5.3: a matrix, or scale, then rotation (a quaternion), then translation. */
export function matrixOf(node: GltfNode): Matrix {
  if (node.matrix !== undefined) return few(node.matrix, IDENTITY, "the matrix");
  const [tx = 0, ty = 0, tz = 0] = few(node.translation, [0, 0, 0], "the translation");
  const [x = 0, y = 0, z = 0, w = 1] = few(node.rotation, [0, 0, 0, 1], "the rotation");
  const [sx = 1, sy = 1, sz = 1] = few(node.scale, [1, 1, 1], "the scale");
  return [
    ...[(1 - 2 * (y * y + z * z)) * sx, 2 * (x * y + z * w) * sx, 2 * (x * z - y * w) * sx, 0],
    ...[2 * (x * y - z * w) * sy, (1 - 2 * (x * x + z * z)) * sy, 2 * (y * z + x * w) * sy, 0],
    ...[2 * (x * z + y * w) * sz, 2 * (y * z - x * w) * sz, (1 - 2 * (x * x + y * y)) * sz, 0],
    ...[tx, ty, tz, 1],
  ];
}

export function times(a: Matrix, b: Matrix): Matrix {
  const product: number[] = [];
  for (let column = 0; column < 4; column += 1) {
    for (let row = 0; row < 4; row += 1) {
      let sum = 0;
      for (let k = 0; k < 4; k += 1) sum += (a[4 * k + row] ?? 0) * (b[4 * column + k] ?? 0);
      product.push(sum);
    }
  }
  return product;
}

export type Vector = readonly [number, number, number];

export const placed = (m: Matrix, [x, y, z]: Vector): Vector => [
  (m[0] ?? 0) * x + (m[4] ?? 0) * y + (m[8] ?? 0) * z + (m[12] ?? 0),
  (m[1] ?? 0) * x + (m[5] ?? 0) * y + (m[9] ?? 0) * z + (m[13] ?? 0),
  (m[2] ?? 0) * x + (m[6] ?? 0) * y + (m[10] ?? 0) * z + (m[14] ?? 0),
];

/** Cofactors of the 3 x 3 part: directions that stand upright on a face are turned by them, whatever the scale. */
export function cofactorsOf(m: Matrix): Matrix {
  const at = (row: number, column: number): number => m[4 * (column % 3) + (row % 3)] ?? 0;
  const minor = (row: number, column: number): number =>
    at(row + 1, column + 1) * at(row + 2, column + 2) - at(row + 1, column + 2) * at(row + 2, column + 1);
  const column = (c: number): readonly number[] => [minor(0, c), minor(1, c), minor(2, c), 0];
  return [...column(0), ...column(1), ...column(2), 0, 0, 0, 1];
}

/** Below 0 where it mirrors: what ran against the clock runs with it then. */
export const determinantOf = (m: Matrix): number => {
  const c = cofactorsOf(m);
  return (m[0] ?? 0) * (c[0] ?? 0) + (m[1] ?? 0) * (c[1] ?? 0) + (m[2] ?? 0) * (c[2] ?? 0);
};

export const unit = ([x, y, z]: Vector): Vector => {
  const length = Math.hypot(x, y, z);
  return length > 0 ? [x / length, y / length, z / length] : [0, 1, 0];
};

export const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
