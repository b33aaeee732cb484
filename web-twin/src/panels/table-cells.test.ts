import { expandLayout, type PlantLayout, PointSeverity, quantise } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { watchPointAges } from "../state/point-ages.ts";
import type { PointsChange, PointsView } from "../state/points.ts";
import { format, t } from "../testing/english.ts";
import { assetCells, type CellDeps, pointCells } from "./table-cells.ts";

const plant: PlantLayout = {
  version: "plant-layout/v1",
  site: "S",
  kinds: [{ id: "t", unit: "Cel", low: 0, high: 100 }],
  areas: [{ id: "A", name: "Hall", minX: 0, maxX: 1, minZ: 0, maxZ: 1 }],
  templates: [
    {
      id: "pump",
      size: [1, 1, 1],
      parts: [],
      points: ["a", "b"].map((name) => ({ name, at: [0, 0, 0] as const, kind: "t" })),
    },
  ],
  assets: [{ id: "S/pump", code: "10LAC", area: "A", template: "pump", at: [0, 0] }],
};
const makeView = (): { -readonly [K in keyof PointsView]: PointsView[K] } => ({
  layout: expandLayout(plant),
  value: Uint16Array.from([quantise(50, 0, 100), 65_535]),
  state: Uint8Array.from([PointSeverity.warning, 0]),
  rollUp: Uint8Array.from([PointSeverity.warning]),
  timeMs: 1_000,
  isStale: false,
});
const deps: CellDeps = {
  points: { valueOf: (point) => (point === 0 ? 50 : undefined) },
  names: ["Pump"],
  changedMs: (point) => (point === 0 ? 60_000 : undefined),
  nowMs: () => 180_000,
  t,
  format,
};

describe("the cells of the table", () => {
  it("say everything of a point", () => {
    expect(pointCells(makeView(), 0, deps)).toEqual({
      asset: "S/pump",
      tag: "S/pump/a",
      state: PointSeverity.warning,
      text: {
        state: "Warning",
        asset: "Pump",
        code: "10LAC",
        point: "a",
        value: "50",
        unit: "°C",
        age: "2 min ago",
      },
    });
    expect(pointCells(makeView(), 1, deps).text).toMatchObject({ value: "-", age: "", state: "Normal" });
  });

  it("say of an asset how many points it has, and where it stands", () => {
    expect(assetCells(makeView(), 0, deps)).toMatchObject({
      asset: "S/pump",
      text: { state: "Warning", asset: "Pump", value: "2", unit: "Hall" },
    });
  });
});

describe("since when a point has its value", () => {
  function setUp(isFilled: boolean) {
    const view = makeView();
    if (!isFilled) view.timeMs = undefined;
    let listener: (change: PointsChange) => void = () => {};
    const ages = watchPointAges({
      view: () => view,
      subscribe(told) {
        listener = told;
        return () => {};
      },
    });
    const some = (points: readonly number[]): PointsChange => ({
      kind: "some",
      points: Uint32Array.from(points),
      count: points.length,
      reshaped: false,
    });
    return { view, ages, tell: (change: PointsChange) => listener(change), some };
  }

  it("is not known before it changes, and then is when it did", () => {
    const { view, ages, tell, some } = setUp(true);
    expect(ages.changedMs(0)).toBeUndefined();
    view.value[0] = 7;
    view.timeMs = 5_000;
    tell(some([0, 1]));
    expect([ages.changedMs(0), ages.changedMs(1)]).toEqual([5_000, undefined]);
    view.value[1] = 9;
    view.timeMs = 6_000;
    tell({ kind: "all" });
    expect([ages.changedMs(0), ages.changedMs(1)]).toEqual([5_000, 6_000]);
    ages.dispose();
  });

  it("is not told by the first snapshot, nor by another plant", () => {
    const { view, ages, tell } = setUp(false);
    view.timeMs = 2_000;
    view.value[0] = 3;
    tell({ kind: "all" });
    expect(ages.changedMs(0)).toBeUndefined();
    view.value[0] = 4;
    tell({ kind: "all" });
    expect(ages.changedMs(0)).toBe(2_000);
    tell({ kind: "layout" });
    expect(ages.changedMs(0)).toBeUndefined();
  });
});
