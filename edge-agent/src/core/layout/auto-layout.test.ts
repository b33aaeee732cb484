import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { autoLayout, type LayoutSource } from "./auto-layout.ts";
import { expandLayout } from "./expand.ts";
import { shapeOf } from "./machine-shape.ts";
import type { PlantLayout } from "./plant-layout.ts";

type PlacedTag = LayoutSource["tags"][number];

function tag(asset: string, name: string, unit: string, limits?: object): PlacedTag {
  const [area = "", line = "", cell = "", last = ""] = asset.split("/");
  const path = { site: "S", area, line, cell, asset: last };
  return { id: `S/${asset}/${name}`, name, path, unit, ...(limits && { limits }) };
}

const six = ["util/cool/c/pump-1", "util/cool/c/pump-2", "util/air/c/fan-1", "press/l/c/motor-1"];
const source: LayoutSource = {
  site: "S",
  machines: [{ id: "S/util/cool/c/pump-1", name: "Cooling pump" }],
  tags: six.flatMap((asset) => [tag(asset, "temperature", "Cel"), tag(asset, "current", "A")]),
  waveforms: six.map((asset) => tag(asset, "vibration", "m/s2")),
};

const many = (assets: number, lines = 5, perArea = 50): LayoutSource => ({
  ...source,
  tags: Array.from({ length: assets }, (_, i) => {
    const area = Math.floor(i / perArea);
    return tag(`area-${area}/line-${i % lines}/c/pump-${i}`, "temperature", "Cel");
  }),
  waveforms: [],
  machines: [],
});

function bounds({ areas }: PlantLayout) {
  const maxX = Math.max(...areas.map((area) => area.maxX));
  const maxZ = Math.max(...areas.map((area) => area.maxZ));
  return { width: maxX, depth: maxZ };
}

const places = (layout: PlantLayout) => new Map(layout.assets.map(({ id, at }) => [id, `${at}`]));

describe("an automatic layout", () => {
  const layout = autoLayout(source);

  it("takes areas from the asset paths and templates from what assets have in common", () => {
    expect(layout.areas.map(({ id, name }) => [id, name])).toEqual([
      ["S/util", "util"],
      ["S/press", "press"],
    ]);
    expect(layout.assets.map(({ id, template }) => [id, template])).toEqual([
      ["S/util/cool/c/pump-1", "pump"],
      ["S/util/cool/c/pump-2", "pump"],
      ["S/util/air/c/fan-1", "fan"],
      ["S/press/l/c/motor-1", "motor"],
    ]);
    expect(layout.assets[0]?.name).toBe("Cooling pump");
    expect(layout.assets[1]?.name).toBeUndefined();
  });

  it("shows a waveform as the anomaly score of its sensor", () => {
    expect(layout.kinds).toContainEqual({ id: "anomaly", unit: "1", low: 0, high: 1 });
    const points = layout.templates[0]?.points.map(({ name, kind }) => [name, kind]);
    expect(points).toEqual([
      ["temperature", "temperature"],
      ["current", "current"],
      ["vibration", "anomaly"],
    ]);
  });

  it("puts points at the part that they tell of", () => {
    const [temperature, current, vibration] = layout.templates[0]?.points ?? [];
    expect(vibration?.at).toEqual([-0.42, 1.2, 0]);
    expect(current?.at[1]).toBe(1.4);
    expect(temperature?.at[0]).toBeCloseTo(-0.98);
  });

  it("gives assets of one shape with other points a template of their own", () => {
    const more = { ...source, tags: [...source.tags, tag("util/cool/c/pump-2", "flow", "m3/h")] };
    expect(autoLayout(more).templates.map(({ id }) => id)).toEqual(["pump", "pump-2", "fan", "motor"]);
  });

  it("widens a range to the limits that values are held against", () => {
    const hot = tag("a/l/c/pump-1", "hot", "Cel", { high: 300, highHigh: 400, low: -20, delayS: 9000 });
    const [kind] = autoLayout({ ...source, tags: [hot], waveforms: [] }).kinds;
    expect(kind).toEqual({ id: "temperature", unit: "Cel", low: -24, high: 480 });
  });

  it("has a range for units that nobody foresaw, and never more kinds than the columns can number", () => {
    const tags = Array.from({ length: 400 }, (_, i) => tag("a/l/c/plc-1", `t${i}`, `u${i}`));
    const odd = autoLayout({ ...source, tags, waveforms: source.waveforms });
    expect(odd.kinds.length).toBeLessThanOrEqual(256);
    const ids = new Set(odd.kinds.map(({ id }) => id));
    expect(ids.size).toBe(odd.kinds.length);
    for (const { kind } of odd.templates.flatMap(({ points }) => points)) expect(ids).toContain(kind);
    expect(odd.kinds[0]).toEqual({ id: "in u0", unit: "u0", low: 0, high: 100 });
  });

  it("is empty where there is nothing", () => {
    const empty = autoLayout({ site: "S", timeZone: "Asia/Shanghai", machines: [], tags: [], waveforms: [] });
    expect(empty).toMatchObject({ timeZone: "Asia/Shanghai", areas: [], assets: [], templates: [] });
  });

  it("keeps points apart and in their template's box, however many there are", () => {
    const units = ["Cel", "A", "/min", "m/s2", "kPa", "m3/h", "m", "1"];
    const names = [
      "pump",
      "fan",
      "tank",
      "valve",
      "panel",
      "press",
      "post",
      "exchanger",
      "belt",
      "gear",
      "x",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.constantFrom(...units), { minLength: 1, maxLength: 300 }),
        (name, list) => {
          const tags = list.map((unit, i) => tag(`a/l/c/${name}-1`, `t${i}`, unit));
          const [template] = autoLayout({ ...source, tags, waveforms: [] }).templates;
          const [width, height, depth] = template?.size ?? [0, 0, 0];
          const at = template?.points.map((point) => point.at) ?? [];
          expect(new Set(at.map(String)).size).toBe(list.length);
          for (const [x, y, z] of at) {
            expect(Math.abs(x)).toBeLessThanOrEqual(width / 2);
            expect(Math.abs(z)).toBeLessThanOrEqual(depth / 2);
            expect(y).toBeGreaterThanOrEqual(0);
            expect(y).toBeLessThanOrEqual(height);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives each asset floor of its own, on the slab of its area", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 160 }), fc.integer({ min: 1, max: 9 }), (assets, lines) => {
        const plant = autoLayout(many(assets, lines, 40));
        const { box, areaOf } = expandLayout(plant);
        const of = (a: number) => [...box.subarray(6 * a, 6 * a + 6)];
        for (let a = 0; a < assets; a += 1) {
          const [x0 = 0, , z0 = 0, x1 = 0, , z1 = 0] = of(a);
          const area = plant.areas[areaOf[a] ?? 0];
          expect(x0 > (area?.minX ?? 0) && x1 < (area?.maxX ?? 0)).toBe(true);
          expect(z0 > (area?.minZ ?? 0) && z1 < (area?.maxZ ?? 0)).toBe(true);
          for (let b = 0; b < a; b += 1) {
            const [u0 = 0, , w0 = 0, u1 = 0, , w1 = 0] = of(b);
            expect(x0 > u1 || u0 > x1 || z0 > w1 || w0 > z1).toBe(true);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it.each([12, 50, 200, 1000, 5000, 20_000])("is about as wide as a screen with %i assets", (assets) => {
    const { width, depth } = bounds(autoLayout(many(assets)));
    expect(width / depth).toBeGreaterThan(1);
    expect(width / depth).toBeLessThan(2.6);
  });

  it("moves nothing when an asset comes to the end of the last line", () => {
    let [moved, total] = [0, 0];
    for (let assets = 60; assets < 100; assets += 1) {
      const before = places(autoLayout(many(assets, 1)));
      const after = places(autoLayout(many(assets + 1, 1)));
      total += 1;
      if ([...before].some(([id, at]) => after.get(id) !== at)) moved += 1;
    }
    // Now and then a wider row fits better.
    expect(moved / total).toBeLessThan(0.2);
  });

  it("leaves the other areas as they are inside when one grows", () => {
    const before = autoLayout(many(100));
    const grown = autoLayout({
      ...many(100),
      tags: [...many(100).tags, tag("area-0/line-9/c/pump-new", "temperature", "Cel")],
    });
    const inside = (layout: PlantLayout, area: string) => {
      const slab = layout.areas.find(({ id }) => id === area);
      return layout.assets
        .filter((asset) => asset.area === area)
        .map(({ at }) => [at[0] - (slab?.minX ?? 0), at[1] - (slab?.minZ ?? 0)].map((v) => v.toFixed(2)));
    };
    expect(inside(grown, "S/area-1")).toEqual(inside(before, "S/area-1"));
  });
});

describe("the shape of a machine", () => {
  const plain = { points: 1, isListenedTo: false };

  it.each([
    ["Cooling pump 1", "pump"],
    ["引风机", "fan"],
    ["Compressor 1", "compressor"],
    ["Belt 3", "conveyor"],
    ["Mixer", "gearbox"],
    ["Press motor 1", "motor"],
    ["Press 4", "press"],
    ["Oil cooler", "exchanger"],
    ["Silo", "tank"],
    ["Damper", "valve"],
    ["MCC 2", "cabinet"],
  ])("is told by its name: %s", (name, shape) => {
    expect(shapeOf({ id: "S/a/l/c/x", name, ...plain })).toBe(shape);
  });

  it("is told by its last name in the path, never by the line it stands in", () => {
    expect(shapeOf({ id: "S/pump-house/fans/c/tank-1", ...plain })).toBe("tank");
    expect(shapeOf({ id: "S/a/l/c/pump-1", name: "K7", ...plain })).toBe("pump");
  });

  it("is guessed from what is known of it where the name says nothing", () => {
    expect(shapeOf({ id: "S/a/l/c/k7", ...plain, isListenedTo: true })).toBe("motor");
    expect(shapeOf({ id: "S/a/l/c/k7", ...plain })).toBe("post");
    expect(shapeOf({ id: "S/a/l/c/k7", ...plain, points: 40 })).toBe("cabinet");
  });
});
