import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPointFinder, expandLayout, pointTag } from "./expand.ts";
import { layoutHash } from "./layout-hash.ts";
import type { LayoutAsset, PlantLayout } from "./plant-layout.ts";
import { syntheticLayout } from "./synthetic-layout.ts";

const small: PlantLayout = {
  version: "plant-layout/v1",
  site: "S",
  kinds: [
    { id: "warmth", unit: "Cel", low: 0, high: 100 },
    { id: "current", unit: "A", low: 0, high: 10 },
  ],
  areas: [
    { id: "hall", name: "Hall", minX: 0, maxX: 20, minZ: 0, maxZ: 10 },
    { id: "yard", name: "Yard", minX: 30, maxX: 50, minZ: 0, maxZ: 10 },
  ],
  templates: [
    {
      id: "pump",
      size: [4, 2, 1],
      parts: [],
      points: [
        { name: "t", at: [1, 0.5, 0.25], kind: "warmth" },
        { name: "i", at: [-1, 1, 0], kind: "current" },
      ],
    },
    { id: "post", size: [1, 1, 1], parts: [], points: [{ name: "t", at: [0, 1, 0], kind: "warmth" }] },
  ],
  assets: [
    { id: "S/a/b/c/p1", area: "yard", template: "pump", at: [40, 5] },
    { id: "S/a/b/c/p2", area: "hall", template: "post", at: [2, 3, 4] },
    { id: "S/a/b/c/p3", area: "hall", template: "pump", at: [10, 5], turn: 90 },
  ],
};

const changed = (change: Partial<PlantLayout>): PlantLayout => ({ ...small, ...change });
const round = (values: Iterable<number>) => [...values].map((value) => Math.round(value * 1000) / 1000 + 0);

describe("an expanded layout", () => {
  const expanded = expandLayout(small);

  it("numbers the points asset after asset", () => {
    expect(expanded.pointCount).toBe(5);
    expect([...expanded.firstPoint]).toEqual([0, 2, 3, 5]);
    expect([...expanded.assetOf]).toEqual([0, 0, 1, 2, 2]);
    expect([...expanded.kindOf]).toEqual([0, 1, 0, 0, 1]);
    expect([...expanded.areaOf]).toEqual([1, 0, 0]);
  });

  it("puts points where their asset stands, turned with it and as high", () => {
    expect(round(expanded.position.subarray(0, 6))).toEqual([41, 0.5, 5.25, 39, 1, 5]);
    expect(round(expanded.position.subarray(6, 9))).toEqual([2, 4, 4]);
    expect(round(expanded.position.subarray(9, 15))).toEqual([10.25, 0.5, 4, 10, 1, 6]);
  });

  it("boxes assets in, a turned one as it stands", () => {
    expect(round(expanded.box.subarray(0, 6))).toEqual([38, 0, 4.5, 42, 2, 5.5]);
    expect(round(expanded.box.subarray(12, 18))).toEqual([9.5, 0, 3, 10.5, 2, 7]);
  });

  it("refuses an asset whose template is not there", () => {
    const broken = changed({ assets: [{ id: "x", area: "hall", template: "none", at: [0, 0] }] });
    expect(() => expandLayout(broken)).toThrow(/asset x names no template/);
  });

  it("finds every point by its tag, and no other", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer(), (points, seed) => {
        const plant = expandLayout(syntheticLayout({ points, seed }));
        const find = createPointFinder(plant);
        for (let p = 0; p < plant.pointCount; p += 1) expect(find(pointTag(plant, p))).toBe(p);
        for (const tag of ["", "x", "/", `${plant.layout.assets[0]?.id}/none`, "none/temperature-01"])
          expect(find(tag)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it("keeps turned points inside the turned box", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -720, max: 720 }),
        fc.double({ min: -50, max: 50, noNaN: true }),
        (turn, x) => {
          const asset: LayoutAsset = { id: "p", area: "hall", template: "pump", at: [x, 2], turn };
          const { box, position } = expandLayout(changed({ assets: [asset] }));
          for (const p of [0, 1]) {
            for (const axis of [0, 1, 2]) {
              const at = position[3 * p + axis] ?? 0;
              expect(at).toBeGreaterThanOrEqual((box[axis] ?? 0) - 1e-4);
              expect(at).toBeLessThanOrEqual((box[axis + 3] ?? 0) + 1e-4);
            }
          }
        },
      ),
    );
  });
});

describe("the hash of a layout", () => {
  it("is an unsigned number of 32 bits that the same layout always has", () => {
    expect(layoutHash(small)).toBe(layoutHash(structuredClone(small)));
    expect(layoutHash(small)).toBe(layoutHash(small) >>> 0);
  });

  it("changes with what both sides must agree on", () => {
    const [first, ...others] = small.assets;
    if (first === undefined) throw new Error("no asset");
    const other = [
      changed({ assets: [...others, first] }),
      changed({ assets: others }),
      changed({ kinds: small.kinds.map((kind) => ({ ...kind, high: 200 })) }),
      changed({ templates: small.templates.map((one) => ({ ...one, points: one.points.toReversed() })) }),
    ].map(layoutHash);
    expect(new Set([layoutHash(small), ...other]).size).toBe(5);
  });

  it("stays while things are moved or renamed", () => {
    const assets = small.assets.map((asset) => ({
      ...asset,
      at: [1, 2] as const,
      name: "other",
      area: "hall",
    }));
    expect(layoutHash(changed({ assets, areas: [] }))).toBe(layoutHash(small));
  });
});
