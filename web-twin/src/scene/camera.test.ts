import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSceneCamera } from "./camera.ts";
import { fitPose } from "./fit.ts";
import { createLens, type Pose } from "./lens.ts";
import { between, dragged, strolled, turned, within, zoomed } from "./orbit.ts";

const BALL = { x: 0, y: 0, z: 0, radius: 100 };
const LIMITS = { nearest: 1, farthest: 1000, minX: -50, maxX: 50, minZ: -50, maxZ: 50 };
const pose = fc.record({
  x: fc.double({ min: -40, max: 40, noNaN: true }),
  z: fc.double({ min: -40, max: 40, noNaN: true }),
  distance: fc.double({ min: 5, max: 200, noNaN: true }),
  azimuth: fc.double({ min: -3, max: 3, noNaN: true }),
  polar: fc.double({ min: 0.15, max: 1.2, noNaN: true }),
});
const pixel = fc.record({ x: fc.nat(1280), y: fc.nat(720) });
const lensOf = (p: Pose, isFlat = false) => createLens(p, { width: 1280, height: 720, isFlat, ball: BALL });

describe("the lens", () => {
  it("sees what it looks at in the middle of the picture", () => {
    fc.assert(
      fc.property(pose, fc.boolean(), (p, isFlat) => {
        const at = lensOf(p, isFlat).project(p.x, 0, p.z);
        expect(at?.x).toBeCloseTo(640, 6);
        expect(at?.y).toBeCloseTo(360, 6);
      }),
    );
  });

  it("finds on the floor what it projects from there", () => {
    fc.assert(
      fc.property(pose, pixel, fc.boolean(), (p, { x, y }, isFlat) => {
        const lens = lensOf(p, isFlat);
        const spot = lens.floor(x, y);
        if (spot === undefined || Math.hypot(spot.x, spot.z) > 1e4) return;
        const back = lens.project(spot.x, 0, spot.z);
        expect(back?.x).toBeCloseTo(x, 4);
        expect(back?.y).toBeCloseTo(y, 4);
      }),
    );
  });

  it("sees nothing behind itself and no floor above the horizon", () => {
    const lens = lensOf({ x: 0, z: 0, distance: 10, azimuth: 0, polar: 1.45 });
    expect(lens.project(0, 2, 50)).toBeUndefined();
    expect(lens.floor(640, 0)).toBeUndefined();
  });
});

describe("moving the camera", () => {
  it("keeps what one zooms to in its place", () => {
    fc.assert(
      fc.property(pose, pixel, fc.double({ min: 0.5, max: 1.5, noNaN: true }), (p, { x, y }, factor) => {
        const around = lensOf(p).floor(x, y);
        if (around === undefined || Math.hypot(around.x, around.z) > 1e3) return;
        const at = lensOf(zoomed(p, factor, LIMITS, around)).project(around.x, 0, around.z);
        expect(at?.x).toBeCloseTo(x, 3);
        expect(at?.y).toBeCloseTo(y, 3);
      }),
    );
  });

  it("keeps the floor under the hand that drags it", () => {
    fc.assert(
      fc.property(pose, pixel, pixel, (p, a, b) => {
        const [from, to] = [lensOf(p).floor(a.x, a.y), lensOf(p).floor(b.x, b.y)];
        if (from === undefined || to === undefined || Math.hypot(from.x - to.x, from.z - to.z) > 1e3) return;
        const at = lensOf(dragged(p, from, to)).project(from.x, 0, from.z);
        expect(at?.x).toBeCloseTo(b.x, 3);
        expect(at?.y).toBeCloseTo(b.y, 3);
      }),
    );
  });

  it("stays above the floor and within its limits", () => {
    fc.assert(
      fc.property(pose, fc.double({ min: -9, max: 9, noNaN: true }), (p, by) => {
        const { polar } = turned(p, by, by);
        expect(polar).toBeGreaterThan(0);
        expect(polar).toBeLessThan(Math.PI / 2);
      }),
    );
    expect(within({ x: 99, z: -99, distance: 1e6, azimuth: 0, polar: 1 }, LIMITS)).toMatchObject({
      x: 50,
      z: -50,
      distance: 1000,
    });
  });

  it("strolls to its own right and ahead, however it is turned", () => {
    const start = { x: 0, z: 0, distance: 20, polar: 1, azimuth: 0.7 };
    const right = strolled(start, 1, 0);
    const at = lensOf(start).project(right.x, 0, right.z);
    expect(at?.y).toBeCloseTo(360, 6);
    expect(at?.x).toBeGreaterThan(700);
    const ahead = lensOf(start).project(strolled(start, 0, 1).x, 0, strolled(start, 0, 1).z);
    expect(ahead?.x).toBeCloseTo(640, 6);
    expect(ahead?.y).toBeLessThan(300);
  });

  it("glides the shorter way around, and begins and ends where it should", () => {
    const from = { x: 0, z: 0, distance: 10, polar: 1, azimuth: 3 };
    const to = { x: 5, z: 5, distance: 40, polar: 0.5, azimuth: -3 };
    expect(between(from, to, 0)).toMatchObject({ x: 0, z: 0, azimuth: 3, polar: 1 });
    const end = between(from, to, 1);
    expect(end.distance).toBeCloseTo(40);
    expect(Math.cos(end.azimuth)).toBeCloseTo(Math.cos(-3));
    expect(between(from, to, 0.5).azimuth).toBeGreaterThan(3);
  });
});

describe("showing a whole box", () => {
  const box = fc
    .tuple(fc.nat(100), fc.nat(100), fc.integer({ min: 4, max: 300 }), fc.integer({ min: 4, max: 300 }))
    .map(([x, z, width, depth]) => [x, 0, z, x + width, 4, z + depth]);

  it("uses the picture up to its edges and not beyond", () => {
    fc.assert(
      fc.property(box, fc.boolean(), fc.double({ min: 0.4, max: 2.5, noNaN: true }), (b, isFlat, aspect) => {
        const angles = isFlat ? { azimuth: 0, polar: 0 } : { azimuth: 0.3, polar: 0.8 };
        const [x0 = 0, y0 = 0, z0 = 0, x1 = 0, y1 = 0, z1 = 0] = b;
        const lens = createLens(fitPose(b, aspect, isFlat, angles), {
          width: 1000 * aspect,
          height: 1000,
          isFlat,
          ball: { x: (x0 + x1) / 2, y: 0, z: (z0 + z1) / 2, radius: 400 },
        });
        const seen = [x0, x1].flatMap((x) =>
          [y0, y1].flatMap((y) => [z0, z1].map((z) => lens.project(x, y, z))),
        );
        const xs = seen.map((at) => (at?.x ?? Number.NaN) / (1000 * aspect));
        const ys = seen.map((at) => (at?.y ?? Number.NaN) / 1000);
        expect(Math.min(...xs, ...ys)).toBeGreaterThan(-1e-6);
        expect(Math.max(...xs, ...ys)).toBeLessThan(1 + 1e-6);
        const used = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
        expect(used).toBeGreaterThan(0.9);
      }),
    );
  });
});

describe("the camera of the scene", () => {
  const made = (isStill = false) => {
    const camera = createSceneCamera(() => isStill);
    camera.resize(1280, 720);
    camera.setPlant([0, 0, 0, 100, 4, 60]);
    return camera;
  };

  it("shows the whole plant until somebody moves it, also in a place of another size", () => {
    const camera = made();
    const first = camera.pose();
    camera.resize(700, 900);
    expect(camera.pose().distance).toBeGreaterThan(first.distance);
    expect(camera.isFitted()).toBe(true);
    camera.move({ ...camera.pose(), distance: 30 });
    camera.resize(1280, 720);
    expect(camera.pose().distance).toBe(30);
  });

  it("keeps the operator's view when the same plant comes again, and shows another plant whole", () => {
    const camera = made();
    camera.move({ ...camera.pose(), distance: 30 });
    camera.setPlant([0, 0, 0, 100, 4, 60]);
    expect(camera.pose().distance).toBe(30);
    camera.setPlant([0, 0, 0, 200, 4, 60]);
    expect(camera.pose().distance).toBeGreaterThan(100);
  });

  it("goes to an asset within 300 ms, at once where nothing is to move", () => {
    const camera = made();
    camera.approach([10, 0, 10, 12, 2, 12], 1000);
    expect(camera.step(1100)).toBe(true);
    expect(camera.step(1300)).toBe(false);
    expect(camera.pose()).toMatchObject({ x: 11, z: 11 });
    const still = made(true);
    still.approach([10, 0, 10, 12, 2, 12], 1000);
    expect(still.pose()).toMatchObject({ x: 11, z: 11 });
    expect(still.step(1001)).toBeUndefined();
  });

  it("looks straight down at a plan and as before afterwards", () => {
    const camera = made();
    camera.move({ ...camera.pose(), azimuth: 1, polar: 0.9, distance: 40 });
    camera.setFlat(true);
    expect(camera.pose()).toMatchObject({ azimuth: 0, polar: 0, distance: 40 });
    expect(camera.lens().isFlat).toBe(true);
    camera.setFlat(false);
    expect(camera.pose()).toMatchObject({ azimuth: 1, polar: 0.9 });
  });
});
