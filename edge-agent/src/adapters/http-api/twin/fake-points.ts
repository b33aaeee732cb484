import { expandLayout } from "../../../core/layout/expand.ts";
import { PointState } from "../../../core/twin/point-state.ts";
import { NO_VALUE } from "../../../core/twin-delta.ts";
import type { Points } from "../../../ports/points.ts";

// A plant of any number of points in memory, for the tests of the twin.

export interface FakePoints extends Points {
  epoch: number;
  put(point: number, value: number, state: number): void;
  /** Another plant with so many points, all stale. */
  replace(points: number): void;
}

const layoutOf = (points: number) =>
  expandLayout({
    version: "plant-layout/v1",
    site: "s",
    kinds: [{ id: "level", unit: "1", low: 0, high: 65_534 }],
    areas: [{ id: "a", name: "A", minX: 0, maxX: 1, minZ: 0, maxZ: 1 }],
    templates: [
      { id: "t", size: [1, 1, 1], parts: [], points: [{ name: "level", kind: "level", at: [0, 0, 0] }] },
    ],
    assets: Array.from({ length: points }, (_, i) => ({
      id: `s/${i}`,
      area: "a",
      template: "t",
      at: [0, 0] as const,
    })),
  });

const columnsOf = (points: number) => ({
  value: new Uint16Array(points).fill(NO_VALUE),
  exact: new Float32Array(points).fill(Number.NaN),
  state: new Uint8Array(points).fill(PointState.stale),
  changed: new Uint32Array(points),
});

export function createFakePoints(points: number): FakePoints {
  let turn = 1;
  let isNews = false;
  const fake = {
    layout: layoutOf(points),
    epoch: 7,
    ...columnsOf(points),
    endTurn() {
      if (isNews) turn += 1;
      isNews = false;
      return turn - 1;
    },
    put(point: number, value: number, state: number) {
      fake.exact[point] = value;
      if (fake.value[point] === value && fake.state[point] === state) return;
      fake.value[point] = value;
      fake.state[point] = state;
      fake.changed[point] = turn;
      isNews = true;
    },
    replace(count: number) {
      Object.assign(fake, columnsOf(count), { layout: layoutOf(count), epoch: fake.epoch + 1 });
      fake.changed.fill(turn);
      isNews = true;
    },
  };
  return fake;
}
