import type { Bounds } from "./layout.ts";

interface Point3 {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface CameraPose {
  readonly position: Point3;
  readonly target: Point3;
}

export interface Lens {
  /** Vertical. */
  readonly fovDeg: number;
  readonly aspect: number;
  /** 0 looks along -z, positive turns the camera to the right side of the plant. */
  readonly azimuthDeg: number;
  /** Above the floor. */
  readonly elevationDeg: number;
}

export function distanceOf({ position, target }: CameraPose): number {
  return Math.hypot(position.x - target.x, position.y - target.y, position.z - target.z);
}

/** Machines reach this high, metres. */
const HEIGHT = 2.4;
const MARGIN = 1.04;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const dot = (a: Point3, b: Point3): number => a.x * b.x + a.y * b.y + a.z * b.z;

/** Nearest stand from which a camera of that lens sees all areas, using the whole picture.
 *  @param areas at least one */
export function fitCamera(areas: readonly Bounds[], lens: Lens): CameraPose {
  const azimuth = radians(lens.azimuthDeg);
  const elevation = radians(lens.elevationDeg);
  const toCamera = {
    x: Math.sin(azimuth) * Math.cos(elevation),
    y: Math.sin(elevation),
    z: Math.cos(azimuth) * Math.cos(elevation),
  };
  const right = { x: Math.cos(azimuth), y: 0, z: -Math.sin(azimuth) };
  const up = {
    x: -Math.sin(azimuth) * Math.sin(elevation),
    y: Math.cos(elevation),
    z: -Math.cos(azimuth) * Math.sin(elevation),
  };
  const tanY = Math.tan(radians(lens.fovDeg) / 2) / MARGIN;
  const tanX = tanY * lens.aspect;
  const corners = areas.flatMap(({ minX, maxX, minZ, maxZ }) =>
    [minX, maxX].flatMap((x) => [0, HEIGHT].flatMap((y) => [minZ, maxZ].map((z) => ({ x, y, z })))),
  );
  // In camera coordinates a corner (r, u, f) is seen by a camera at (R, U, D) when |r - R| <= tanX (D - f), and so for u.
  // Left and right, bottom and top each bound D + R / tan and D - R / tan from below: the nearest D meets both.
  const seen = corners.map((corner) => ({
    r: dot(corner, right),
    u: dot(corner, up),
    f: dot(corner, toCamera),
  }));
  const reach = (of: (c: { r: number; u: number; f: number }) => number): number => Math.max(...seen.map(of));
  const toRight = reach((c) => c.r / tanX + c.f);
  const toLeft = reach((c) => -c.r / tanX + c.f);
  const toTop = reach((c) => c.u / tanY + c.f);
  const toBottom = reach((c) => -c.u / tanY + c.f);
  const depth = Math.max((toRight + toLeft) / 2, (toTop + toBottom) / 2);
  const sideways = ((toRight - toLeft) / 2) * tanX;
  const upwards = ((toTop - toBottom) / 2) * tanY;
  const at = (d: number): Point3 => ({
    x: right.x * sideways + up.x * upwards + toCamera.x * d,
    y: right.y * sideways + up.y * upwards + toCamera.y * d,
    z: right.z * sideways + up.z * upwards + toCamera.z * d,
  });
  const position = at(depth);
  // The camera turns about the point of the floor that it looks at.
  const fall = position.y / toCamera.y;
  const target = {
    x: position.x - toCamera.x * fall,
    y: 0,
    z: position.z - toCamera.z * fall,
  };
  return { position, target };
}
