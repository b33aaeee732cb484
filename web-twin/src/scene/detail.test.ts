import { expandLayout, type LayoutAsset } from "@stethos/edge-agent/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBudget } from "./budget.ts";
import { chooseDetail, createDetail } from "./detail.ts";
import { createLens } from "./lens.ts";
import { createScreenGrid, nearestBox } from "./pick.ts";

const assets: readonly LayoutAsset[] = Array.from({ length: 100 }, (_, i) => ({
  id: `s/m${i}`,
  area: "a",
  template: "t",
  at: [(i % 10) * 10, Math.floor(i / 10) * 10],
}));
const layout = expandLayout({
  version: "plant-layout/v1",
  site: "s",
  kinds: [{ id: "k", unit: "1", low: 0, high: 1 }],
  areas: [{ id: "a", name: "A", minX: 0, maxX: 100, minZ: 0, maxZ: 100 }],
  templates: [
    {
      id: "t",
      size: [2, 2, 2],
      parts: [],
      points: Array.from({ length: 10 }, (_, i) => ({
        name: `p${i}`,
        at: [0, i / 5, 0] as const,
        kind: "k",
      })),
    },
  ],
  assets,
});
const lensAt = (distance: number, isFlat = false) =>
  createLens(
    { x: 45, z: 45, distance, azimuth: 0.2, polar: isFlat ? 0 : 0.8 },
    { width: 1000, height: 1000, isFlat, ball: { x: 50, y: 0, z: 50, radius: 100 } },
  );

describe("what is drawn singly", () => {
  it("is nothing from far away and everything in the picture from near", () => {
    const detail = createDetail(layout);
    chooseDetail(detail, layout, lensAt(400), { budget: 1e6, isEvery: false });
    expect([detail.pointCount, detail.assetCount]).toEqual([0, 100]);
    chooseDetail(detail, layout, lensAt(12), { budget: 1e6, isEvery: false });
    expect(detail.pointCount).toBeGreaterThan(0);
    expect(detail.assetCount).toBeLessThan(100);
  });

  it("is the same on a plan", () => {
    const detail = createDetail(layout);
    chooseDetail(detail, layout, lensAt(400, true), { budget: 1e6, isEvery: false });
    expect(detail.pointCount).toBe(0);
    chooseDetail(detail, layout, lensAt(20, true), { budget: 1e6, isEvery: false });
    expect(detail.pointCount).toBeGreaterThan(0);
  });

  it("stays within the budget, the nearest assets first, and says so", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1200 }), fc.integer({ min: 8, max: 150 }), (budget, distance) => {
        const detail = createDetail(layout);
        chooseDetail(detail, layout, lensAt(distance), { budget, isEvery: false });
        expect(detail.pointCount).toBeLessThanOrEqual(budget);
        const sizes = (is: number) =>
          [...detail.pixels].filter((px, a) => px > 0 && detail.isDetailed[a] === is);
        // Sizes within a quarter of a doubling count as equal.
        expect(Math.min(...sizes(1))).toBeGreaterThanOrEqual(
          detail.isLimited ? Math.max(...sizes(0)) * 0.8 : 24,
        );
      }),
    );
  });

  it("is every point when that is asked for", () => {
    const detail = createDetail(layout);
    chooseDetail(detail, layout, lensAt(400), { budget: 0, isEvery: true });
    expect([detail.pointCount, detail.assetCount, detail.isLimited]).toEqual([1000, 100, false]);
  });
});

describe("the budget of points", () => {
  it("falls when several pictures in a row take too long, and not after one", () => {
    const budget = createBudget({ targetMs: 33, first: 100_000 });
    budget.note(90, 100_000, false);
    budget.note(20, 100_000, false);
    expect(budget.most()).toBe(100_000);
    for (let i = 0; i < 5; i += 1) budget.note(90, 100_000, false);
    expect(budget.most()).toBe(70_000);
  });

  it("grows again where there is room and more to draw", () => {
    const budget = createBudget({ targetMs: 33, first: 100_000 });
    for (let i = 0; i < 5; i += 1) budget.note(5, 90_000, false);
    expect(budget.most()).toBe(100_000);
    for (let i = 0; i < 5; i += 1) budget.note(5, 90_000, true);
    expect(budget.most()).toBe(140_000);
  });

  it("settles whatever the machine: it never swings between two values", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (pointsPerMs) => {
        const budget = createBudget({ targetMs: 33, first: 40_000 });
        let before = 0;
        let turns = 0;
        let last = 0;
        for (let i = 0; i < 400; i += 1) {
          const drawn = budget.most();
          budget.note(drawn / pointsPerMs / 10, drawn, true);
          const step = Math.sign(budget.most() - before);
          if (step !== 0 && step === -last) turns += 1;
          if (step !== 0) last = step;
          before = budget.most();
        }
        expect(turns).toBeLessThan(3);
      }),
    );
  });
});

describe("finding things on the screen", () => {
  it("finds the same glyphs as a search through all of them", () => {
    const lens = lensAt(60);
    const which = Uint32Array.from({ length: layout.pointCount }, (_, i) => i);
    const grid = createScreenGrid(lens, layout.position, which, which.length);
    fc.assert(
      fc.property(fc.nat(999), fc.nat(999), fc.integer({ min: 1, max: 40 }), (x, y, radius) => {
        const rank = (i: number): number => i % 3;
        const near = grid.near(x, y, radius, rank);
        const all = [...which].filter((p) => {
          const at = lens.project(
            ...([0, 1, 2].map((k) => layout.position[3 * p + k] ?? 0) as [number, number, number]),
          );
          return (
            at !== undefined &&
            at.x >= 0 &&
            at.y >= 0 &&
            at.x < 1000 &&
            at.y < 1000 &&
            Math.hypot(at.x - x, at.y - y) <= radius - 0.01
          );
        });
        const best = Math.max(-1, ...all.map(rank));
        expect(near.length >= Math.min(8, all.length)).toBe(true);
        if (all.length > 0) expect(rank(near[0] ?? 0)).toBeGreaterThanOrEqual(best);
      }),
    );
  });

  it("meets the nearest box of a ray and none behind the eye", () => {
    const boxes = Float32Array.of(0, 0, 0, 1, 1, 1, 0, 0, -5, 1, 1, -4, 0, 0, 20, 1, 1, 21);
    const ray = { origin: { x: 0.5, y: 0.5, z: 10 }, direction: { x: 0, y: 0, z: -2 } };
    expect(nearestBox(ray, boxes)).toEqual({ index: 0, far: 4.5 });
    expect(nearestBox({ ...ray, origin: { x: 5, y: 0, z: 10 } }, boxes)).toBeUndefined();
  });
});
