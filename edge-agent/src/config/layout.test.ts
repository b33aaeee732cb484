import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { checkConfig } from "../config.ts";
import { createPointFinder, expandLayout } from "../core/layout/expand.ts";
import type { PlantLayout } from "../core/layout/plant-layout.ts";
import { syntheticLayout } from "../core/layout/synthetic-layout.ts";
import { placeRest } from "./layout.ts";
import { checkLayoutText } from "./layout-file.ts";
import { checkLayout } from "./layout-schema.ts";
import { ConfigError } from "./problem.ts";

const folder = mkdtempSync(join(tmpdir(), "layout-"));
afterAll(() => rmSync(folder, { recursive: true }));

const layout: PlantLayout = {
  version: "plant-layout/v1",
  site: "s",
  kinds: [{ id: "warmth", unit: "Cel", low: 0, high: 100 }],
  areas: [{ id: "hall", name: "Hall", minX: 0, maxX: 20, minZ: 0, maxZ: 10 }],
  templates: [
    { id: "pump", size: [4, 2, 1], parts: [], points: [{ name: "t1", at: [1, 0.5, 0.25], kind: "warmth" }] },
  ],
  assets: [{ id: "s/area/line/cell/pump-1", area: "hall", template: "pump", at: [4, 5] }],
};

/** A layout with one value replaced. */
function broken(change: (copy: Mutable<PlantLayout>) => void): string {
  const copy = structuredClone(layout) as Mutable<PlantLayout>;
  change(copy);
  return JSON.stringify(copy, null, 1);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends object ? Mutable<T[K]> : T[K] };

function problemsOf(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return thrown.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
  }
}

const first = <T>(items: readonly T[]): T => {
  const [item] = items;
  if (item === undefined) throw new Error("nothing there");
  return item;
};

describe("a layout file", () => {
  it("is read as JSON and as YAML", () => {
    expect(checkLayoutText("p.json", JSON.stringify(layout)).layout).toEqual(layout);
    expect(checkLayoutText("p.yaml", stringify(layout)).layout).toEqual(layout);
  });

  it.each<[string, (copy: Mutable<PlantLayout>) => void, string]>([
    [
      "template",
      (l) => (first(l.assets).template = "fan"),
      '48 assets[0].template: there is no template "fan"',
    ],
    ["area", (l) => (first(l.assets).area = "yard"), 'assets[0].area: there is no area "yard"'],
    ["kind", (l) => (first(first(l.templates).points).kind = "x"), 'points[0].kind: there is no kind "x"'],
    ["range", (l) => (first(l.kinds).high = 0), "kinds[0].high: must be above low (0)"],
    ["asset of the same id", (l) => l.assets.push(first(l.assets)), "assets[1].id"],
    [
      "point of the same name",
      (l) => first(l.templates).points.push(first(first(l.templates).points)),
      "points[1].name",
    ],
    [
      "point with a slash",
      (l) => (first(first(l.templates).points).name = "a/b"),
      'must be a name without "/"',
    ],
    ["area without floor", (l) => (first(l.areas).maxX = 0), "areas[0].maxX: must be above minX (0)"],
    ["area without depth", (l) => (first(l.areas).maxZ = -1), "areas[0].maxZ: must be above minZ (0)"],
    ["number that is none", (l) => (first(l.kinds).low = Number.NaN), "kinds[0].low"],
    [
      "path for a model",
      (l) => (first(l.templates).model = "../agent.glb"),
      "templates[0].model: must be the name of",
    ],
    [
      "setting it does not know",
      (l) => Object.assign(first(l.assets), { trun: 3 }),
      '"trun" is no setting here',
    ],
    ["version of tomorrow", (l) => Object.assign(l, { version: "plant-layout/v2" }), "version"],
  ])("points at the place of a wrong %s", (_, change, told) => {
    const problems = problemsOf(() => checkLayoutText("p.json", broken(change)));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(told);
    expect(Number.parseInt(problems[0] ?? "", 10)).toBeGreaterThan(1);
  });

  it("refuses more points than a screen can show", () => {
    const [template, asset] = [first(layout.templates), first(layout.assets)];
    const points = Array.from({ length: 100_000 }, (_, i) => ({ ...first(template.points), name: `p${i}` }));
    const assets = Array.from({ length: 21 }, (_, i) => ({ ...asset, id: `a${i}` }));
    const told: string[] = [];
    const note = (path: readonly PropertyKey[], message: string) =>
      void told.push(`${path.join()}: ${message}`);
    checkLayout({ ...layout, templates: [{ ...template, points }], assets }, note, note);
    expect(told).toEqual(["assets: have 2100000 points together; more than 2000000 cannot be shown"]);
  });

  it("only warns of a point outside its template", () => {
    const text = broken((l) => {
      first(first(l.templates).points).at = [9, 0, 0];
    });
    const [warning] = checkLayoutText("p.json", text).warnings;
    expect(warning).toMatchObject({ path: "templates[0].points[0].at", line: 34 });
  });

  it("tells where JSON breaks off", () => {
    expect(
      problemsOf(() => checkLayoutText("p.json", '{\n "version": "plant-layout/v1",\n "site": ]')),
    ).not.toEqual([]);
  });

  it("takes any plant that can be invented", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer(), (points, seed) => {
        const made = syntheticLayout({ points, seed });
        const checked = checkLayoutText("p.json", JSON.stringify(made));
        expect(checked).toEqual({ layout: made, warnings: [] });
      }),
      { numRuns: 10 },
    );
  });
});

const tag = (asset: string, name: string, unit = "Cel") => {
  const path = { site: "s", area: "area", line: "line", cell: "cell", asset };
  return { id: `s/area/line/cell/${asset}/${name}`, name, unit, path };
};

describe("tags without a place", () => {
  const tags = [tag("pump-1", "t1"), tag("pump-1", "t2"), tag("fan-9", "speed", "/min")];
  const source = { site: "s", machines: [], tags, waveforms: [tag("pump-1", "vibration")] };

  it("get one at their own machine, or in an area beside the plant", () => {
    const { layout: complete, missing } = placeRest(layout, source);
    expect(missing).toEqual([tags[1]?.id, tags[2]?.id, "s/area/line/cell/pump-1/vibration"]);
    const find = createPointFinder(expandLayout(complete));
    for (const { id } of [...tags, ...source.waveforms]) expect(find(id), id).toBeDefined();
    expect(complete.areas.map(({ name }) => name)).toEqual(["Hall", "not placed"]);
    expect(complete.assets[0]).toMatchObject({ at: [4, 5], area: "hall" });
    expect(complete.assets[1]).toMatchObject({ id: "s/area/line/cell/fan-9", area: "not placed" });
    expect(checkLayoutText("p.json", JSON.stringify(complete)).warnings).toEqual([]);
  });

  it("leave the layout as it is where there are none", () => {
    const { layout: complete } = placeRest(layout, { ...source, tags: tags.slice(0, 1), waveforms: [] });
    expect(complete).toBe(layout);
  });
});

describe("a configuration", () => {
  const agent = (more: object, tags: readonly object[] = []) =>
    stringify({
      version: 1,
      site: "s",
      ...more,
      devices: [
        {
          name: "plc",
          protocol: "modbus-tcp",
          connection: { host: "127.0.0.1" },
          groups: [{ name: "g", periodMs: 1000, tags }],
        },
      ],
    });
  const defaults = { modelFolder: import.meta.dirname, modelKeys: [] };
  const pump = { name: "t1", asset: "area/line/cell/pump-1", address: "hr:0", unit: "Cel" };
  const read = (text: string) => checkConfig(join(folder, "agent.yaml"), text, defaults);

  it("has an automatic layout where it names none", () => {
    const config = read(agent({ timeZone: "Asia/Shanghai" }, [pump]));
    expect(config.layout).toMatchObject({ site: "s", timeZone: "Asia/Shanghai" });
    expect(config.layout.assets.map(({ id }) => id)).toEqual(["s/area/line/cell/pump-1"]);
    expect(config.layoutFolder).toBeUndefined();
  });

  it("takes the layout that it names, and warns of tags that stand nowhere in it", () => {
    writeFileSync(join(folder, "plant.json"), JSON.stringify(layout));
    const config = read(
      agent({ layout: { file: "plant.json" } }, [pump, { ...pump, name: "t2", address: "hr:1" }]),
    );
    expect(config.layoutFolder).toBe(folder);
    expect(config.layout.areas).toEqual(layout.areas);
    expect(config.warnings).toHaveLength(1);
    expect(config.warnings[0]?.message).toBe(
      "has no place for s/area/line/cell/pump-1/t2; placed automatically",
    );
  });

  it("refuses a layout that is not there, and a time zone that is none", () => {
    expect(problemsOf(() => read(agent({ layout: { file: "none.json" } }, [pump]))).join()).toContain(
      "ENOENT",
    );
    expect(problemsOf(() => read(agent({ timeZone: "Mars/Olympus" }, [pump]))).join()).toContain("IANA");
  });
});
