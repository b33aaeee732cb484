import { planeHash, type TwinDelta, type TwinSnapshot, urgencyOf } from "@stethos/edge-agent/core";
import type { PictureColumns, PictureScope } from "./twin-news.ts";

/** More changed points than this share are told as "all": copying whole planes is cheaper than picking. */
const SOME_SHARE = 1 / 4;

/** The points as the agent told of them, and what of it the page was not told yet. */
export interface TwinPlanes {
  readonly pointCount: number;
  readonly state: Uint8Array;
  readonly hasNews: boolean;
  apply(message: TwinDelta | TwinSnapshot): void;
  hash(): number;
  /** The next picture tells everything. */
  forget(): void;
  /** Columns of the right size for `fill`. */
  makeColumns(): PictureColumns;
  /** Writes what is news into the columns; then it is none. */
  fill(columns: PictureColumns): PictureScope;
}

/** Normal and advisory differ in colour only; every other difference may change the glyph's shape or size. */
const shapeOf = (state: number): number => ((state & 2) === 0 ? state & 0x7e : state & 0x7f);

/** @param firstPoint first point of each asset, and after the last one the number of points */
export function createTwinPlanes(firstPoint: Uint32Array): TwinPlanes {
  const assetCount = firstPoint.length - 1;
  const pointCount = firstPoint[assetCount] ?? 0;
  const most = Math.ceil(pointCount * SOME_SHARE);
  const value = new Uint16Array(pointCount);
  const state = new Uint8Array(pointCount);
  const rollUp = new Uint8Array(assetCount);
  const assetOf = new Uint32Array(pointCount);
  for (let a = 0; a < assetCount; a += 1) assetOf.fill(a, firstPoint[a], firstPoint[a + 1]);
  const urgency = Uint8Array.from({ length: 256 }, (_, each) => urgencyOf(each));
  const isChanged = new Uint8Array(pointCount);
  const changed = new Uint32Array(most);
  const isTouched = new Uint8Array(assetCount);
  const touched = new Uint32Array(assetCount);
  let changedCount = 0;
  let isAll = true;
  let reshaped = false;

  const mark = (point: number): void => {
    if (isAll || isChanged[point] === 1) return;
    if (changedCount === most) {
      isAll = true;
      return;
    }
    isChanged[point] = 1;
    changed[changedCount] = point;
    changedCount += 1;
  };

  const write = (point: number, nextValue: number, nextState: number): void => {
    const before = state[point] ?? 0;
    if (before === nextState && value[point] === nextValue) return;
    reshaped ||= shapeOf(before) !== shapeOf(nextState);
    value[point] = nextValue;
    state[point] = nextState;
    mark(point);
  };

  /** The most urgent state of an asset. */
  const roll = (asset: number): number => {
    const end = firstPoint[asset + 1] ?? 0;
    let worst = state[firstPoint[asset] ?? 0] ?? 0;
    let most = urgency[worst] ?? 0;
    for (let p = (firstPoint[asset] ?? 0) + 1; p < end; p += 1) {
      const own = state[p] ?? 0;
      const wants = urgency[own] ?? 0;
      if (wants <= most) continue;
      worst = own;
      most = wants;
    }
    return firstPoint[asset] === end ? 0 : worst;
  };

  const touch = (): number => {
    let count = 0;
    for (let i = 0; i < changedCount; i += 1) {
      const asset = assetOf[changed[i] ?? 0] ?? 0;
      if (isTouched[asset] === 1) continue;
      isTouched[asset] = 1;
      touched[count] = asset;
      count += 1;
    }
    return count;
  };

  const fillRollUps = (columns: PictureColumns): number => {
    const touchedCount = touch();
    let count = 0;
    for (let i = 0; i < touchedCount; i += 1) {
      const asset = touched[i] ?? 0;
      isTouched[asset] = 0;
      const before = rollUp[asset] ?? 0;
      const next = roll(asset);
      if (next === before) continue;
      reshaped ||= shapeOf(before) !== shapeOf(next);
      rollUp[asset] = next;
      columns.asset[count] = asset;
      columns.rollUp[count] = next;
      count += 1;
    }
    return count;
  };

  const fillSome = (columns: PictureColumns): PictureScope => {
    for (let i = 0; i < changedCount; i += 1) {
      const point = changed[i] ?? 0;
      isChanged[point] = 0;
      columns.point[i] = point;
      columns.value[i] = value[point] ?? 0;
      columns.state[i] = state[point] ?? 0;
    }
    const assets = fillRollUps(columns);
    return { scope: "some", count: changedCount, assetCount: assets, reshaped };
  };

  const fillAll = (columns: PictureColumns): PictureScope => {
    isChanged.fill(0);
    for (let a = 0; a < assetCount; a += 1) rollUp[a] = roll(a);
    columns.value.set(value);
    columns.state.set(state);
    columns.rollUp.set(rollUp);
    return { scope: "all", count: pointCount, assetCount, reshaped: true };
  };

  return {
    pointCount,
    state,
    get hasNews() {
      return isAll || changedCount > 0;
    },
    apply(message) {
      if (message.kind === "snapshot" && message.state.length === pointCount) {
        // Copied whole and told whole: comparing a million points takes longer than drawing them.
        value.set(message.value);
        state.set(message.state);
        isAll = true;
        return;
      }
      const { length } = message.state;
      const point = message.kind === "delta" ? message.point : undefined;
      for (let i = 0; i < length; i += 1) {
        const p = point === undefined ? i : (point[i] ?? 0);
        if (p < pointCount) write(p, message.value[i] ?? 0, message.state[i] ?? 0);
      }
    },
    hash: () => planeHash(state),
    forget() {
      isAll = true;
    },
    makeColumns: () => ({
      point: new Uint32Array(most),
      value: new Uint16Array(pointCount),
      state: new Uint8Array(pointCount),
      asset: new Uint32Array(assetCount),
      rollUp: new Uint8Array(assetCount),
    }),
    fill(columns) {
      const scope = isAll ? fillAll(columns) : fillSome(columns);
      changedCount = 0;
      isAll = false;
      reshaped = false;
      return scope;
    },
  };
}
