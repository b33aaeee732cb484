import { axesOf, type Pose, TAN, type Vector } from "./lens.ts";

export interface Angles {
  readonly azimuth: number;
  readonly polar: number;
}

const MARGIN = 1.04;
/** The names of areas stand beyond their far edges. */
const FLAT_MARGIN = 1.09;
/** Nothing is looked at from nearer, metres. */
const NEAREST = 3;

const dot = (a: Vector, b: Vector): number => a.x * b.x + a.y * b.y + a.z * b.z;

/** Nearest stand from which a camera sees a box, using the whole picture.
 *  @param box minX, minY, minZ, maxX, maxY, maxZ, metres
 *  @param aspect width of the picture by its height */
export function fitPose(box: readonly number[], aspect: number, isFlat: boolean, angles: Angles): Pose {
  const [minX = 0, minY = 0, minZ = 0, maxX = 0, maxY = 0, maxZ = 0] = box;
  if (isFlat) {
    const distance = (FLAT_MARGIN * Math.max((maxX - minX) / aspect, maxZ - minZ)) / 2 / TAN;
    return {
      x: (minX + maxX) / 2,
      z: (minZ + maxZ) / 2,
      distance: Math.max(NEAREST, distance),
      ...angles,
    };
  }
  const { right, up, back } = axesOf(angles);
  const tanY = TAN / MARGIN;
  const tanX = tanY * aspect;
  // In camera coordinates a corner (r, u, f) is seen by a camera at (R, U, D) when |r - R| <= tanX (D - f), and so for u.
  // Left and right, bottom and top each bound D + R / tan and D - R / tan from below: the nearest D meets both.
  const seen = [minX, maxX].flatMap((x) =>
    [minY, maxY].flatMap((y) =>
      [minZ, maxZ].map((z) => {
        const corner = { x, y, z };
        return { r: dot(corner, right), u: dot(corner, up), f: dot(corner, back) };
      }),
    ),
  );
  const reach = (of: (corner: { r: number; u: number; f: number }) => number): number =>
    Math.max(...seen.map(of));
  const toRight = reach((c) => c.r / tanX + c.f);
  const toLeft = reach((c) => -c.r / tanX + c.f);
  const toTop = reach((c) => c.u / tanY + c.f);
  const toBottom = reach((c) => -c.u / tanY + c.f);
  const depth = Math.max((toRight + toLeft) / 2, (toTop + toBottom) / 2);
  const sideways = ((toRight - toLeft) / 2) * tanX;
  const upwards = ((toTop - toBottom) / 2) * tanY;
  const at = (axis: "x" | "y" | "z"): number =>
    right[axis] * sideways + up[axis] * upwards + back[axis] * depth;
  // The camera turns about the point of the floor that it looks at.
  const distance = at("y") / back.y;
  return {
    x: at("x") - back.x * distance,
    z: at("z") - back.z * distance,
    distance: Math.max(NEAREST, distance),
    ...angles,
  };
}
