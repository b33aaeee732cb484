import {
  expandLayout,
  type PlantLayout,
  PointSeverity,
  PointState,
  quantise,
} from "@stethos/edge-agent/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PointsView } from "./points.ts";
import { createTableModel, firstQuery, sortable, type TableQuery } from "./table-model.ts";

const plant: PlantLayout = {
  version: "plant-layout/v1",
  site: "S",
  kinds: [
    { id: "t", unit: "Cel", low: -100, high: 100 },
    { id: "p", unit: "bar", low: 0, high: 10 },
  ],
  areas: ["North", "South"].map((name) => ({ id: name, name, minX: 0, maxX: 1, minZ: 0, maxZ: 1 })),
  templates: [
    {
      id: "pump",
      size: [1, 1, 1],
      parts: [],
      points: [
        { name: "temperature", at: [0, 0, 0], kind: "t" },
        { name: "pressure", at: [0, 0, 0], kind: "p" },
      ],
    },
  ],
  assets: ["pump-10", "pump-2", "pump-1"].map((name, i) => ({
    id: `S/A/L/C/${name}`,
    name,
    code: `10 LAC ${i}`,
    area: i === 2 ? "South" : "North",
    template: "pump",
    at: [i, 0] as const,
  })),
};

function setUp() {
  const layout = expandLayout(plant);
  const view: PointsView = {
    layout,
    value: Uint16Array.from([
      quantise(-20, -100, 100),
      quantise(3, 0, 10),
      quantise(50, -100, 100),
      65_535,
      quantise(10, -100, 100),
      quantise(2, 0, 10),
    ]),
    state: new Uint8Array(6),
    rollUp: new Uint8Array(3),
    timeMs: 0,
    isStale: false,
  };
  const times = new Map([[4, 90_000]]);
  const model = createTableModel(
    view,
    plant.assets.map(({ name = "" }) => name),
    (point) => times.get(point),
  );
  const rows = (more: Partial<TableQuery>): number[] => [...model.rows({ ...firstQuery, ...more })];
  return { view, rows };
}

describe("the table", () => {
  it("puts the most urgent first, and equal ones in the order of the plant", () => {
    const { view, rows } = setUp();
    view.state[3] = PointSeverity.warning;
    view.state[5] = PointSeverity.alarm | PointState.unacknowledged;
    expect(rows({})).toEqual([5, 3, 0, 1, 2, 4]);
    expect(rows({ isDescending: false })).toEqual([0, 1, 2, 4, 3, 5]);
  });

  it("sorts by every column", () => {
    const { rows } = setUp();
    const ascending = { isDescending: false } as const;
    expect(rows({ sort: "asset", ...ascending })).toEqual([4, 5, 2, 3, 0, 1]);
    expect(rows({ sort: "code", ...ascending })).toEqual([0, 1, 2, 3, 4, 5]);
    expect(rows({ sort: "point", ...ascending })).toEqual([1, 3, 5, 0, 2, 4]);
    expect(rows({ sort: "value", ...ascending })).toEqual([3, 0, 5, 1, 4, 2]);
    expect(rows({ sort: "unit", ...ascending })).toEqual([0, 2, 4, 1, 3, 5]);
    expect(rows({ sort: "age", ...ascending })[0]).toBe(4);
  });

  it("filters by area, kind, state and words", () => {
    const { view, rows } = setUp();
    view.state.set([
      PointSeverity.advisory,
      PointSeverity.alarm | PointState.silenced,
      PointState.stale,
      PointState.returned,
      PointState.outOfService,
      0,
    ]);
    const order = { sort: "code", isDescending: false } as const;
    expect(rows({ ...order, area: 1 })).toEqual([4, 5]);
    expect(rows({ ...order, kind: 1 })).toEqual([1, 3, 5]);
    expect(rows({ ...order, state: "abnormal" })).toEqual([0, 3]);
    expect(rows({ ...order, state: "unacknowledged" })).toEqual([3]);
    expect(rows({ ...order, state: "stale" })).toEqual([2]);
    expect(rows({ ...order, state: "inhibited" })).toEqual([1, 4]);
    expect(rows({ ...order, text: "10lac1 PRESS" })).toEqual([3]);
    expect(rows({ ...order, text: "turbine" })).toEqual([]);
  });

  it("shows assets by their most urgent point", () => {
    const { view, rows } = setUp();
    view.rollUp[1] = PointSeverity.alarm;
    expect(rows({ of: "assets" })).toEqual([1, 0, 2]);
    expect(rows({ of: "assets", state: "abnormal" })).toEqual([1]);
    const ascending = { of: "assets", isDescending: false } as const;
    expect(rows({ ...ascending, sort: "asset" })).toEqual([2, 1, 0]);
    expect(rows({ ...ascending, sort: "code" })).toEqual([0, 1, 2]);
    expect(rows({ ...ascending, sort: "value" })).toEqual([0, 1, 2]);
    expect(rows({ ...ascending, sort: "unit", area: 0, text: "pump-2" })).toEqual([1]);
  });

  it("keeps the order of all numbers that it sorts by", () => {
    const number = fc.float({ noNaN: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        fc.pre(!Object.is(a, -0) && !Object.is(b, -0));
        expect(Math.sign(sortable(a) - sortable(b))).toBe(Math.sign(a - b) || (a === b ? 0 : Number.NaN));
      }),
    );
    expect(sortable(Number.NaN)).toBe(0);
  });
});
