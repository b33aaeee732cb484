/** Where the camera stands: at a distance from the point of the floor that it looks at. */
export interface Pose {
  /** Of the floor, metres. */
  readonly x: number;
  readonly z: number;
  readonly distance: number;
  /** Radians around the upright axis; 0 looks along -z. */
  readonly azimuth: number;
  /** Radians from straight above. */
  readonly polar: number;
}

export interface Vector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Ray {
  readonly origin: Vector;
  readonly direction: Vector;
}

/** A ball around everything that is drawn. */
export interface Ball extends Vector {
  readonly radius: number;
}

/** Half of the picture's height as seen from the camera: a field of view of 32 degrees. */
export const TAN = Math.tan((16 * Math.PI) / 180);

/** The camera of one picture. Matrices are stored column after column. */
export interface Lens {
  readonly view: Float64Array;
  readonly projection: Float64Array;
  /** projection x view */
  readonly both: Float64Array;
  readonly eye: Vector;
  /** Drawn without perspective. */
  readonly isFlat: boolean;
  /** Pixels of the page. */
  readonly width: number;
  readonly height: number;
  /** Pixels of a metre that faces the camera at w = 1. */
  readonly scale: number;
  /** On the page; undefined behind the camera. */
  project(x: number, y: number, z: number): { readonly x: number; readonly y: number } | undefined;
  ray(x: number, y: number): Ray;
  /** What of the floor lies under a point of the page; undefined above the horizon. */
  floor(x: number, y: number): { readonly x: number; readonly z: number } | undefined;
}

export interface LensOptions {
  readonly width: number;
  readonly height: number;
  readonly isFlat: boolean;
  readonly ball: Ball;
}

const dot = (a: Vector, b: Vector): number => a.x * b.x + a.y * b.y + a.z * b.z;
const along = (a: Vector, b: Vector, t: number): Vector => ({
  x: a.x + b.x * t,
  y: a.y + b.y * t,
  z: a.z + b.z * t,
});

/** The directions of a camera: to the right, up, and back from what it looks at. */
export function axesOf({ azimuth, polar }: Pick<Pose, "azimuth" | "polar">): {
  readonly right: Vector;
  readonly up: Vector;
  readonly back: Vector;
} {
  const [sa, ca, sp, cp] = [Math.sin(azimuth), Math.cos(azimuth), Math.sin(polar), Math.cos(polar)];
  return {
    right: { x: ca, y: 0, z: -sa },
    up: { x: -sa * cp, y: sp, z: -ca * cp },
    back: { x: sa * sp, y: cp, z: ca * sp },
  };
}

export function createLens(pose: Pose, { width, height, isFlat, ball }: LensOptions): Lens {
  const { right, up, back } = axesOf(pose);
  const eye = along({ x: pose.x, y: 0, z: pose.z }, back, pose.distance);
  const aspect = width / height;
  const middle = dot(eye, back) - dot(ball, back);
  const far = middle + ball.radius * 1.02 + 1;
  // As far out as the plant allows: depth is precise only where the range is short.
  const near = isFlat ? middle - ball.radius - 1 : Math.max(0.2, pose.distance * 0.02, middle - ball.radius);
  const view = Float64Array.of(
    ...[right.x, up.x, back.x, 0],
    ...[right.y, up.y, back.y, 0],
    ...[right.z, up.z, back.z, 0],
    ...[-dot(right, eye), -dot(up, eye), -dot(back, eye), 1],
  );
  const span = pose.distance * TAN;
  const projection = isFlat ? flat(span, aspect, near, far) : perspective(aspect, near, far);
  const both = multiply(projection, view);
  const at = (i: number): number => both[i] ?? 0;

  const ray = (px: number, py: number): Ray => {
    const nx = ((px / width) * 2 - 1) * aspect;
    const ny = 1 - (py / height) * 2;
    if (isFlat) {
      const origin = along(along(eye, right, nx * span), up, ny * span);
      return { origin, direction: along({ x: 0, y: 0, z: 0 }, back, -1) };
    }
    const sideways = along({ x: -back.x, y: -back.y, z: -back.z }, right, nx * TAN);
    return { origin: eye, direction: along(sideways, up, ny * TAN) };
  };

  return {
    view,
    projection,
    both,
    eye,
    isFlat,
    width,
    height,
    scale: height / 2 / (isFlat ? span : TAN),
    project(x, y, z) {
      const w = at(3) * x + at(7) * y + at(11) * z + at(15);
      if (w <= 0) return undefined;
      const cx = (at(0) * x + at(4) * y + at(8) * z + at(12)) / w;
      const cy = (at(1) * x + at(5) * y + at(9) * z + at(13)) / w;
      return { x: ((cx + 1) / 2) * width, y: ((1 - cy) / 2) * height };
    },
    ray,
    floor(px, py) {
      const { origin, direction } = ray(px, py);
      const t = -origin.y / direction.y;
      return t > 0 ? { x: origin.x + direction.x * t, z: origin.z + direction.z * t } : undefined;
    },
  };
}

const perspective = (aspect: number, near: number, far: number): Float64Array =>
  Float64Array.of(
    ...[1 / (TAN * aspect), 0, 0, 0],
    ...[0, 1 / TAN, 0, 0],
    ...[0, 0, -(far + near) / (far - near), -1],
    ...[0, 0, (-2 * far * near) / (far - near), 0],
  );

const flat = (span: number, aspect: number, near: number, far: number): Float64Array =>
  Float64Array.of(
    ...[1 / (span * aspect), 0, 0, 0],
    ...[0, 1 / span, 0, 0],
    ...[0, 0, -2 / (far - near), 0],
    ...[0, 0, -(far + near) / (far - near), 1],
  );

function multiply(a: Float64Array, b: Float64Array): Float64Array {
  const product = new Float64Array(16);
  for (let column = 0; column < 4; column += 1) {
    for (let row = 0; row < 4; row += 1) {
      let sum = 0;
      for (let k = 0; k < 4; k += 1) sum += (a[4 * k + row] ?? 0) * (b[4 * column + k] ?? 0);
      product[4 * column + row] = sum;
    }
  }
  return product;
}
