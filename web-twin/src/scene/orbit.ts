import type { Pose } from "./lens.ts";

/** How far the camera may go. */
export interface Limits {
  readonly nearest: number;
  readonly farthest: number;
  readonly minX: number;
  readonly maxX: number;
  readonly minZ: number;
  readonly maxZ: number;
}

interface FloorPoint {
  readonly x: number;
  readonly z: number;
}

const STEEPEST = 0.12;
/** Never below the floor. */
const FLATTEST = 1.48;

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

export const within = (pose: Pose, limits: Limits): Pose => ({
  ...pose,
  x: clamp(pose.x, limits.minX, limits.maxX),
  z: clamp(pose.z, limits.minZ, limits.maxZ),
  distance: clamp(pose.distance, limits.nearest, limits.farthest),
});

export const turned = (pose: Pose, azimuthRad: number, polarRad: number): Pose => ({
  ...pose,
  azimuth: pose.azimuth + azimuthRad,
  polar: clamp(pose.polar + polarRad, STEEPEST, FLATTEST),
});

/** Nearer or farther; what stands at `around` keeps its place in the picture. */
export function zoomed(pose: Pose, factor: number, limits: Limits, around: FloorPoint = pose): Pose {
  const distance = clamp(pose.distance * factor, limits.nearest, limits.farthest);
  const share = distance / pose.distance;
  return {
    ...pose,
    distance,
    x: around.x + (pose.x - around.x) * share,
    z: around.z + (pose.z - around.z) * share,
  };
}

/** Moves the floor with the hand that drags it. */
export const dragged = (pose: Pose, from: FloorPoint, to: FloorPoint): Pose => ({
  ...pose,
  x: pose.x + from.x - to.x,
  z: pose.z + from.z - to.z,
});

/** Moves over the floor by shares of what is seen: to the right, and away from the camera. */
export function strolled(pose: Pose, right: number, ahead: number): Pose {
  const [sin, cos] = [Math.sin(pose.azimuth), Math.cos(pose.azimuth)];
  const step = pose.distance * 0.5;
  return {
    ...pose,
    x: pose.x + step * (right * cos - ahead * sin),
    z: pose.z - step * (right * sin + ahead * cos),
  };
}

const easeOut = (share: number): number => 1 - (1 - share) ** 3;

/** Between two poses; the way around is the shorter one. */
export function between(from: Pose, to: Pose, share: number): Pose {
  const s = easeOut(clamp(share, 0, 1));
  const mix = (a: number, b: number): number => a + (b - a) * s;
  const turn = Math.atan2(Math.sin(to.azimuth - from.azimuth), Math.cos(to.azimuth - from.azimuth));
  return {
    x: mix(from.x, to.x),
    z: mix(from.z, to.z),
    distance: Math.exp(mix(Math.log(from.distance), Math.log(to.distance))),
    azimuth: from.azimuth + turn * s,
    polar: mix(from.polar, to.polar),
  };
}
