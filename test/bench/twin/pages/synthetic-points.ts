import { type ExpandedLayout, urgencyOf } from "@stethos/edge-agent/core";
import type { PointStore, PointsChange, PointsView } from "../../../../web-twin/src/state/points.ts";

/** A point store whose states a test writes itself. */
export interface SyntheticPoints extends PointStore {
  /** Writes states and tells of them. */
  set(points: readonly number[], state: number): void;
  /** All points get other states and values: shares of them advisory and alarms. */
  shuffle(seed: number, advisoryShare: number, alarmShare: number): void;
  /** Tells that all may have changed. */
  tellAll(): void;
  /** Every `step`-th point toggles between normal and advisory. */
  toggle(step: number, offset: number): void;
  /** @param timeMs of the first news; undefined: there was none yet */
  setLayout(layout: ExpandedLayout, timeMs: number | undefined): void;
  setStale(isStale: boolean): void;
}

export function createSyntheticPoints(): SyntheticPoints {
  let view: { -readonly [K in keyof PointsView]: PointsView[K] } | undefined;
  let tags: ReadonlyMap<string, number> | undefined;
  const listeners = new Set<(change: PointsChange) => void>();
  const freshness = new Set<(isStale: boolean) => void>();
  const tell = (change: PointsChange): void => {
    for (const listener of listeners) listener(change);
  };
  const existing = () => {
    if (view === undefined) throw new Error("no layout yet");
    return view;
  };
  const rollUp = (a: number): void => {
    const { layout, state, rollUp: rolled } = existing();
    let most = -1;
    for (let p = layout.firstPoint[a] ?? 0; p < (layout.firstPoint[a + 1] ?? 0); p += 1) {
      const urgency = urgencyOf(state[p] ?? 0);
      if (urgency > most) {
        most = urgency;
        rolled[a] = state[p] ?? 0;
      }
    }
  };
  const some = (points: Uint32Array): void => {
    for (const a of new Set(Array.from(points, (p) => existing().layout.assetOf[p] ?? 0))) rollUp(a);
    tell({ kind: "some", points, count: points.length, reshaped: false });
  };

  return {
    view: () => view,
    valueOf(point) {
      const { layout, value } = existing();
      const kind = layout.layout.kinds[layout.kindOf[point] ?? 0];
      return kind === undefined
        ? undefined
        : kind.low + ((value[point] ?? 0) / 65_534) * (kind.high - kind.low);
    },
    find(tag) {
      tags ??= new Map(
        existing().layout.layout.assets.flatMap(({ id }, a) =>
          Array.from({ length: 50 }, (_, i) => [`${id}/p${i}`, 50 * a + i] as const),
        ),
      );
      return tags.get(tag);
    },
    watch() {},
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onFreshness(listener) {
      freshness.add(listener);
      return () => freshness.delete(listener);
    },
    set(points, state) {
      const { state: states } = existing();
      for (const p of points) states[p] = state;
      some(Uint32Array.from(points));
    },
    shuffle(seed, advisoryShare, alarmShare) {
      const { state, value, layout } = existing();
      let random = seed >>> 0 || 1;
      for (let p = 0; p < state.length; p += 1) {
        // xorshift32: the same plant for the same seed.
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        const draw = (random >>> 0) / 2 ** 32;
        state[p] = draw < alarmShare ? 3 : draw < alarmShare + advisoryShare ? 1 : 0;
        value[p] = random & 0xffff;
      }
      for (let a = 0; a < layout.assetCount; a += 1) rollUp(a);
      tell({ kind: "all" });
    },
    tellAll: () => tell({ kind: "all" }),
    toggle(step, offset) {
      const { state } = existing();
      const points = Uint32Array.from(
        { length: Math.floor((state.length - offset) / step) },
        (_, i) => i * step + offset,
      );
      for (const p of points) if ((state[p] ?? 0) < 2) state[p] = 1 - (state[p] ?? 0);
      some(points);
    },
    setLayout(layout, timeMs) {
      tags = undefined;
      view = {
        layout,
        value: new Uint16Array(layout.pointCount),
        state: new Uint8Array(layout.pointCount),
        rollUp: new Uint8Array(layout.assetCount),
        timeMs,
        isStale: false,
      };
      tell({ kind: "layout" });
    },
    setStale(isStale) {
      existing().isStale = isStale;
      for (const listener of freshness) listener(isStale);
    },
  };
}
