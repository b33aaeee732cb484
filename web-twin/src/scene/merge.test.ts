import { expandLayout, type LayoutPart } from "@stethos/edge-agent/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundsOf, cutBlocks } from "./blocks.ts";
import { createMerger, floorsOf, placeOfAsset, plainShape, shapeOf } from "./merge.ts";

const part = (shape: LayoutPart["shape"]): LayoutPart => ({
  shape,
  at: [1, 2, 3],
  size: [2, 4, 6],
  grey: 0.5,
});

/** Six times the volume that the faces enclose, seen from the part's middle: positive when all look outwards. */
function outward(position: Float32Array, index: Uint32Array): number[] {
  const at = (i: number): number[] => [...position.subarray(3 * i, 3 * i + 3)].map((v, k) => v - k - 1);
  return Array.from({ length: index.length / 3 }, (_, t) => {
    const [a, b, c] = [0, 1, 2].map((k) => at(index[3 * t + k] ?? 0));
    const [ax = 0, ay = 0, az = 0] = a ?? [];
    const [bx = 0, by = 0, bz = 0] = b ?? [];
    const [cx = 0, cy = 0, cz = 0] = c ?? [];
    return ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
  });
}

describe("the shape of a part", () => {
  it.each(["box", "upright", "along-x", "along-z"] as const)(
    "%s fills its box and looks outwards",
    (shape) => {
      const { position, index, normal, grey } = shapeOf([part(shape)]);
      const [x, y, z] = [0, 1, 2].map((axis) => position.filter((_, i) => i % 3 === axis));
      for (const [values, middle, size] of [
        [x, 1, 2],
        [y, 2, 4],
        [z, 3, 6],
      ] as const) {
        expect(Math.max(...(values ?? []))).toBeLessThanOrEqual(middle + size / 2 + 1e-5);
        expect(Math.min(...(values ?? []))).toBeGreaterThanOrEqual(middle - size / 2 - 1e-5);
        expect(Math.max(...(values ?? [])) - Math.min(...(values ?? []))).toBeGreaterThan(size * 0.94);
      }
      expect(outward(position, index).every((volume) => volume > 0)).toBe(true);
      expect(normal.length).toBe(position.length);
      expect(grey.every((g) => g === 0.5)).toBe(true);
    },
  );
});

describe("merging", () => {
  it("turns and places each shape as the layout does its points", () => {
    const shape = plainShape([2, 1, 4]);
    const merger = createMerger(shape.grey.length, shape.index.length);
    merger.add(shape, { x: 10, y: 1, z: 20, turn: Math.PI / 2 });
    const { position, grey, index } = merger.merged();
    const xs = position.filter((_, i) => i % 3 === 0);
    const zs = position.filter((_, i) => i % 3 === 2);
    expect([Math.min(...xs), Math.max(...xs)]).toEqual([8, 12]);
    expect([Math.min(...zs), Math.max(...zs)]).toEqual([19, 21]);
    // The top is the lightest: light comes from above.
    expect(Math.max(...grey.subarray(0, 4))).toBe(Math.max(...grey));
    expect(Math.max(...index)).toBe(grey.length - 1);
  });

  it("keeps the corners of several shapes apart", () => {
    const shape = plainShape([1, 1, 1]);
    const merger = createMerger(2 * shape.grey.length, 2 * shape.index.length);
    merger.add(shape, { x: 0, y: 0, z: 0, turn: 0 });
    merger.add(shape, { x: 5, y: 0, z: 0, turn: 0 });
    const { index } = merger.merged();
    expect(Math.min(...index.subarray(shape.index.length))).toBe(shape.grey.length);
  });

  it("lays a floor and then its kerb for each area", () => {
    const { grey, position } = floorsOf([{ id: "a", name: "A", minX: 0, maxX: 40, minZ: 0, maxZ: 20 }]);
    expect([...grey]).toEqual([255, 255, 255, 255, 0, 0, 0, 0]);
    expect(Math.min(...position)).toBeLessThan(0);
  });

  it("finds the place of an asset, on the floor or above it", () => {
    const layout = expandLayout({
      version: "plant-layout/v1",
      site: "s",
      kinds: [],
      areas: [{ id: "a", name: "A", minX: 0, maxX: 9, minZ: 0, maxZ: 9 }],
      templates: [{ id: "t", size: [1, 1, 1], parts: [], points: [] }],
      assets: [
        { id: "s/a", area: "a", template: "t", at: [1, 2] },
        { id: "s/b", area: "a", template: "t", at: [1, 5, 2], turn: 180 },
      ],
    });
    expect(placeOfAsset(layout, 0)).toEqual({ x: 1, y: 0, z: 2, turn: 0 });
    expect(placeOfAsset(layout, 1)).toEqual({ x: 1, y: 5, z: 2, turn: Math.PI });
  });
});

describe("the blocks of a plant", () => {
  it("hold each asset once, are few, and enclose their assets", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(500), fc.nat(500)), { maxLength: 400 }), (places) => {
        const box = Float32Array.from(places.flatMap(([x, z]) => [x, 0, z, x + 1, 2, z + 1]));
        const blocks = cutBlocks(box);
        expect(blocks.length).toBeLessThanOrEqual(30);
        const held = blocks.flatMap(({ assets }) => [...assets]).sort((a, b) => a - b);
        expect(held).toEqual(places.map((_, i) => i));
        for (const block of blocks) expect(boundsOf(box, block.assets)).toEqual(block.box);
      }),
      { numRuns: 50 },
    );
  });
});
