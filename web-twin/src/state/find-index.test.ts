import type { PlantLayout } from "@stethos/edge-agent/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeMachine } from "../testing/fixtures.ts";
import { buildFindIndex, type FindIndex, type FindSource } from "./find-index.ts";

export function built(source: FindSource): FindIndex {
  const steps = buildFindIndex(source);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const layout = (assets: number): PlantLayout => ({
  version: "plant-layout/v1",
  site: "S",
  kinds: [{ id: "t", unit: "Cel", low: 0, high: 100 }],
  areas: [{ id: "A", name: "Area", minX: 0, maxX: 1, minZ: 0, maxZ: 1 }],
  templates: [
    {
      id: "pump",
      size: [1, 1, 1],
      parts: [],
      points: ["temperature", "pressure", "temperature-oil"].map((name) => ({
        name,
        at: [0, 0, 0],
        kind: "t",
      })),
    },
  ],
  assets: Array.from({ length: assets }, (_, i) => ({
    id: `S/A/L/C/pump-${i}`,
    name: `Feed pump ${i}`,
    code: `10LAC${String(i).padStart(4, "0")} AP001`,
    area: "A",
    template: "pump",
    at: [i, 0] as const,
  })),
});

const ids = (all: readonly { readonly id: string }[]): readonly string[] => all.map(({ id }) => id);

describe("finding", () => {
  const index = built({ layout: layout(50), machines: [] });

  it("finds assets by name, plant code with or without spaces, and id", () => {
    expect(ids(index.search("feed pump 7", 5).assets)[0]).toBe("S/A/L/C/pump-7");
    expect(ids(index.search("10lac0012", 5).assets)).toEqual(["S/A/L/C/pump-12"]);
    expect(ids(index.search("10LAC0012AP001", 5).assets)).toEqual(["S/A/L/C/pump-12"]);
    expect(ids(index.search("10LAC0012 AP001", 5).assets)).toEqual(["S/A/L/C/pump-12"]);
    expect(ids(index.search("１０LAC0012", 5).assets)).toEqual(["S/A/L/C/pump-12"]);
    expect(ids(index.search("C/pump-33", 5).assets)).toEqual(["S/A/L/C/pump-33"]);
  });

  it("finds points by their asset and name together, best first", () => {
    const { points, assets, pointCount } = index.search("temperature pump-4", 3);
    expect(assets).toEqual([]);
    expect(points.map(({ subject }) => subject.id)[0]).toBe("S/A/L/C/pump-4/temperature");
    expect(pointCount).toBe(22);
    expect(points).toHaveLength(3);
  });

  it("finds a point by its whole tag, or by the end of it", () => {
    for (const query of ["S/A/L/C/pump-4/pressure", "pump-4/press"]) {
      expect(index.search(query, 3).points.map(({ subject }) => subject.id)).toEqual([
        "S/A/L/C/pump-4/pressure",
      ]);
    }
  });

  it("finds nothing for nothing", () => {
    for (const query of ["", "  ", "turbine", "pressure boiler"]) {
      expect(index.search(query, 3)).toEqual({ machines: [], assets: [], points: [], pointCount: 0 });
    }
  });

  it("knows machines by their names, their tags by theirs, and scores where it is asked to", () => {
    const machines = [makeMachine("S/A/L/C/pump-3", { name: "Booster" }), makeMachine("M9")];
    const named = built({ layout: layout(5), machines, words: { anomaly: "Anomaly", health: "Health" } });
    expect(named.search("booster", 5).machines).toMatchObject([{ id: "S/A/L/C/pump-3", kind: "machine" }]);
    expect(named.search("M9", 5).machines).toHaveLength(1);
    expect(named.search("booster anomaly", 5).points).toMatchObject([
      { subject: { kind: "score", id: "S/A/L/C/pump-3/vibration" }, name: "Anomaly, Drive end" },
    ]);
    expect(named.search("booster health", 5).points[0]?.subject).toEqual({
      kind: "health",
      id: "S/A/L/C/pump-3",
    });
    // The machine's own word for the tag, once; points that it has no tag for still stand.
    expect(named.search("booster temperature", 5).points.map(({ name }) => name)).toEqual([
      "Temperature",
      "temperature-oil",
    ]);
    expect(built({ layout: undefined, machines }).search("anomaly", 5).points).toEqual([]);
  });

  it("is built in slices", () => {
    const steps = buildFindIndex({ layout: layout(4_001), machines: [] });
    let slices = 0;
    for (let step = steps.next(); step.done !== true; step = steps.next()) slices += 1;
    expect(slices).toBe(2);
  });

  it("finds each asset by any part of its code, whatever is asked", () => {
    fc.assert(
      fc.property(fc.nat(49), fc.nat(8), fc.nat(8), (i, from, length) => {
        const code = `10LAC${String(i).padStart(4, "0")}`;
        const part = code.slice(from, from + length + 1);
        fc.pre(part !== "");
        expect(ids(index.search(part, 50).assets)).toContain(`S/A/L/C/pump-${i}`);
      }),
    );
    fc.assert(fc.property(fc.string(), (query) => void index.search(query, 5)));
  });
});
