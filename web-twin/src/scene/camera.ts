import { fitPose } from "./fit.ts";
import { createLens, type Lens, type Pose } from "./lens.ts";
import { between, type Limits, within } from "./orbit.ts";

/** Where the camera stands and how it gets elsewhere. */
export interface SceneCamera {
  pose(): Pose;
  lens(): Lens;
  limits(): Limits;
  /** Nobody moved it since it showed the whole plant. */
  isFitted(): boolean;
  /** It glides to where somebody sent it. */
  isOnTheWay(): boolean;
  resize(width: number, height: number): void;
  /** @param box minX, minY, minZ, maxX, maxY, maxZ of the whole plant */
  setPlant(box: readonly number[]): void;
  /** From above and without perspective, or not. */
  setFlat(isFlat: boolean): void;
  move(pose: Pose): void;
  fit(): void;
  /** Begins a way to another pose; `step` goes along it. */
  glide(to: Pose, nowMs: number): void;
  /** To a box, seen from where the camera looks now. */
  approach(box: readonly number[], nowMs: number): void;
  /** @returns whether there is more of the way; undefined where there was none to go */
  step(nowMs: number): boolean | undefined;
}

const AZIMUTH = (16 * Math.PI) / 180;
/** Steep enough that a row does not hide the one behind it. */
const POLAR = (44 * Math.PI) / 180;
const GLIDE_MS = 280;
/** An asset that is gone to fills a part of the picture, so that one sees where it stands. */
const ROOM = 2.2;
const NOWHERE = [0, 0, 0, 20, 3, 20];

const ballOf = (box: readonly number[]): { x: number; y: number; z: number; radius: number } => {
  const [x0 = 0, y0 = 0, z0 = 0, x1 = 0, y1 = 0, z1 = 0] = box;
  return {
    x: (x0 + x1) / 2,
    y: (y0 + y1) / 2,
    z: (z0 + z1) / 2,
    radius: Math.hypot(x1 - x0, y1 - y0, z1 - z0) / 2 + 3,
  };
};

/** @param isStill whether the way between two poses is left out */
export function createSceneCamera(isStill: () => boolean): SceneCamera {
  let size = { width: 1, height: 1 };
  let plant: readonly number[] = NOWHERE;
  let isFlat = false;
  let isFitted = true;
  let pose = fitPose(plant, 1, false, { azimuth: AZIMUTH, polar: POLAR });
  let limits: Limits = { nearest: 1, farthest: 1, minX: 0, maxX: 0, minZ: 0, maxZ: 0 };
  let lens: Lens | undefined;
  let way: { readonly from: Pose; readonly to: Pose; readonly startMs: number } | undefined;
  /** How one looked before the plan. */
  let tilt = { azimuth: AZIMUTH, polar: POLAR };

  const anglesNow = (): { azimuth: number; polar: number } => (isFlat ? { azimuth: 0, polar: 0 } : tilt);
  const whole = (): Pose => fitPose(plant, size.width / size.height, isFlat, anglesNow());
  const put = (next: Pose): void => {
    pose = within(isFlat ? { ...next, azimuth: 0, polar: 0 } : next, limits);
    if (!isFlat) tilt = { azimuth: pose.azimuth, polar: pose.polar };
    lens = undefined;
  };
  const limit = (): void => {
    const [minX = 0, , minZ = 0, maxX = 0, , maxZ = 0] = plant;
    const { distance } = whole();
    limits = { nearest: Math.min(4, distance), farthest: distance * 2, minX, maxX, minZ, maxZ };
  };
  const fit = (): void => {
    way = undefined;
    limit();
    const { x, z, distance, azimuth, polar } = whole();
    // A fitted view may look past the plant's edge; what limits hands does not limit it.
    pose = { x, z, distance, azimuth, polar };
    lens = undefined;
    isFitted = true;
  };
  const glide = (to: Pose, nowMs: number): void => {
    isFitted = false;
    if (isStill()) put(to);
    else way = { from: pose, to: within(to, limits), startMs: nowMs };
  };

  return {
    pose: () => pose,
    limits: () => limits,
    isFitted: () => isFitted,
    isOnTheWay: () => way !== undefined,
    lens() {
      lens ??= createLens(pose, { ...size, isFlat, ball: ballOf(plant) });
      return lens;
    },
    resize(width, height) {
      size = { width, height };
      lens = undefined;
      if (isFitted) fit();
      else limit();
    },
    setPlant(box) {
      const isSame = box.every((value, i) => value === plant[i]);
      plant = box;
      lens = undefined;
      // A reconnect brings the same plant again; the operator's view of it stays.
      if (!isSame || isFitted) fit();
    },
    setFlat(next) {
      if (next === isFlat) return;
      isFlat = next;
      way = undefined;
      if (isFitted) fit();
      else {
        limit();
        put({ ...pose, ...anglesNow() });
      }
    },
    move(next) {
      way = undefined;
      isFitted = false;
      put(next);
    },
    fit,
    glide,
    approach(box, nowMs) {
      const near = fitPose(box, size.width / size.height, isFlat, anglesNow());
      const { x, z } = fitPose(box, 1, true, anglesNow());
      glide({ ...near, x, z, distance: near.distance * ROOM }, nowMs);
    },
    step(nowMs) {
      if (way === undefined) return undefined;
      const share = (nowMs - way.startMs) / GLIDE_MS;
      put(between(way.from, way.to, share));
      if (share >= 1) way = undefined;
      return way !== undefined;
    },
  };
}
