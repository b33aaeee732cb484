import { describe, expect, it } from "vitest";
import { expandLayout } from "./expand.ts";
import { layoutHash } from "./layout-hash.ts";
import { syntheticLayout } from "./synthetic-layout.ts";

describe("a synthetic plant", () => {
  it.each([1, 7, 50, 51, 999, 10_000, 100_000])("has exactly %i points", (points) => {
    expect(expandLayout(syntheticLayout({ points })).pointCount).toBe(points);
  });

  it("has some 50 points an asset, in few areas and of few kinds of machines", () => {
    const { assets, areas, templates } = syntheticLayout({ points: 100_000 });
    expect(assets.length).toBeGreaterThan(1900);
    expect(assets.length).toBeLessThan(2100);
    expect(areas.length).toBeLessThanOrEqual(20);
    expect(templates.length).toBeLessThanOrEqual(9);
  });

  it("grows to a million points", () => {
    const expanded = expandLayout(syntheticLayout({ points: 1_000_000 }));
    expect(expanded.pointCount).toBe(1_000_000);
    expect(expanded.assetCount).toBeGreaterThan(19_000);
    expect(expanded.layout.areas).toHaveLength(20);
  });

  it("is the same for the same seed, and another for another", () => {
    const hash = (seed: number) => layoutHash(syntheticLayout({ points: 5000, seed }));
    expect(hash(3)).toBe(hash(3));
    expect(hash(3)).not.toBe(hash(4));
  });

  it("names everything once, with paths of five names and plant codes", () => {
    const { assets, templates } = syntheticLayout({ points: 100_000 });
    expect(new Set(assets.map(({ id }) => id)).size).toBe(assets.length);
    expect(new Set(assets.map(({ code }) => code)).size).toBe(assets.length);
    for (const { id, code } of assets) {
      expect(id.split("/")).toHaveLength(5);
      expect(code).toMatch(/^\d{2}[A-Z]{3}\d{2}[A-Z]{2}\d{3}$/);
    }
    for (const { points } of templates) {
      expect(new Set(points.map(({ name }) => name)).size).toBe(points.length);
      expect(new Set(points.map(({ at }) => String(at))).size).toBe(points.length);
    }
  });
});
