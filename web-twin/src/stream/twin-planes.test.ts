import { PointState, urgencyOf } from "@stethos/edge-agent/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PictureColumns, PictureScope } from "./twin-news.ts";
import { createTwinPlanes } from "./twin-planes.ts";

// Three assets: four points, none, and eight.
const FIRST = Uint32Array.from([0, 4, 4, 12]);
const POINTS = 12;

const head = { epoch: 1, turn: 1, timeMs: 5, layoutHash: 1 };
const delta = (...news: readonly (readonly [point: number, value: number, state: number])[]) => ({
  kind: "delta" as const,
  ...head,
  since: 0,
  point: Uint32Array.from(news, ([point]) => point),
  value: Uint16Array.from(news, ([, value]) => value),
  state: Uint8Array.from(news, ([, , state]) => state),
});

function setUp() {
  const planes = createTwinPlanes(FIRST);
  const columns = planes.makeColumns();
  const fill = () => planes.fill(columns);
  return { planes, columns, fill };
}

const some = ({ point, value, state }: PictureColumns, { count }: PictureScope) =>
  [...point.subarray(0, count)].map((p, i) => [p, value[i], state[i]]);

describe("the planes of the twin", () => {
  it("tell everything at first, then only what changed", () => {
    const { planes, columns, fill } = setUp();
    expect(planes.hasNews).toBe(true);
    expect(fill()).toMatchObject({ scope: "all", count: POINTS, reshaped: true });
    expect(planes.hasNews).toBe(false);
    planes.apply(delta([3, 700, 1], [9, 900, 0]));
    const scope = fill();
    expect(scope).toEqual({ scope: "some", count: 2, assetCount: 1, reshaped: false });
    expect(some(columns, scope)).toEqual([
      [3, 700, 1],
      [9, 900, 0],
    ]);
    expect([columns.asset[0], columns.rollUp[0]]).toEqual([0, 1]);
  });

  it("tell a point once, however often it changed, and not where it did not", () => {
    const { planes, fill } = setUp();
    fill();
    planes.apply(delta([3, 1, 0]));
    planes.apply(delta([3, 2, 0]));
    planes.apply(delta([5, 0, 0]));
    expect(fill()).toMatchObject({ scope: "some", count: 1 });
    expect(fill()).toMatchObject({ scope: "some", count: 0 });
  });

  it("tell all where more than a quarter changed", () => {
    const { planes, columns, fill } = setUp();
    fill();
    planes.apply(delta([0, 1, 0], [1, 1, 0], [2, 1, 0], [3, 1, 3]));
    expect(fill()).toMatchObject({ scope: "all" });
    expect([...columns.rollUp]).toEqual([3, 0, 0]);
    planes.apply(delta([0, 2, 0]));
    expect(fill()).toMatchObject({ scope: "some", count: 1 });
  });

  it.each([
    ["normal to advisory", 0, 1, false],
    ["advisory to warning", 1, 2, true],
    ["alarm to normal", 3, 0, true],
    ["acknowledged", 3 | PointState.unacknowledged, 3, true],
    ["stale", 0, PointState.stale, true],
  ])("know whether the glyph has another shape: %s", (_, before, after, expected) => {
    const { planes, fill } = setUp();
    planes.apply(delta([6, 0, before]));
    fill();
    planes.apply(delta([6, 0, after]));
    expect(fill().reshaped).toBe(expected);
  });

  it("know that a roll-up has another shape though only a colour changed", () => {
    const { planes, fill } = setUp();
    planes.apply(delta([0, 0, 1], [1, 0, PointState.stale]));
    fill();
    planes.apply(delta([0, 0, 0]));
    expect(fill()).toMatchObject({ assetCount: 1, reshaped: true });
  });

  it("ignore points that the layout does not have", () => {
    const { planes } = setUp();
    const before = planes.hash();
    planes.apply(delta([POINTS, 1, 3]));
    expect(planes.hash()).toBe(before);
  });

  it("give the page the same planes and roll-ups by parts as as a whole", () => {
    const change = fc.tuple(fc.nat(POINTS - 1), fc.nat(65_535), fc.nat(127));
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 6 })), (pictures) => {
        const { planes, columns, fill } = setUp();
        const shown = {
          state: new Uint8Array(POINTS),
          value: new Uint16Array(POINTS),
          rollUp: new Uint8Array(3),
        };
        const show = (): void => {
          const { scope, count, assetCount } = fill();
          if (scope === "all") {
            shown.state.set(columns.state);
            shown.value.set(columns.value);
            shown.rollUp.set(columns.rollUp);
            return;
          }
          for (let i = 0; i < count; i += 1) {
            shown.state[columns.point[i] ?? 0] = columns.state[i] ?? 0;
            shown.value[columns.point[i] ?? 0] = columns.value[i] ?? 0;
          }
          for (let i = 0; i < assetCount; i += 1)
            shown.rollUp[columns.asset[i] ?? 0] = columns.rollUp[i] ?? 0;
        };
        const wanted = { state: new Uint8Array(POINTS), value: new Uint16Array(POINTS) };
        show();
        for (const picture of pictures) {
          planes.apply(delta(...picture));
          for (const [point, value, state] of picture) {
            wanted.state[point] = state;
            wanted.value[point] = value;
          }
          show();
        }
        expect(shown.state).toEqual(wanted.state);
        expect(shown.value).toEqual(wanted.value);
        const worst = (from: number, to: number) =>
          Math.max(0, ...[...wanted.state.subarray(from, to)].map(urgencyOf));
        expect([...shown.rollUp].map(urgencyOf)).toEqual([worst(0, 4), 0, worst(4, 12)]);
      }),
    );
  });
});
