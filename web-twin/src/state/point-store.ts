import {
  createPointFinder,
  dequantise,
  type ExpandedLayout,
  NO_VALUE,
  PointState,
} from "@stethos/edge-agent/core";
import type { TwinPicture } from "../stream/twin-news.ts";
import type { PointStore, PointsChange, PointsView } from "./points.ts";

/** Where pictures come from: the agent's feed, its recording, or what this screen kept of an earlier day. */
export type PointSource = "kept" | "live" | "replay";

/** The writing end of the store. */
export interface PointWriter {
  setLayout(layout: ExpandedLayout): void;
  /** Takes a picture of the current layout and source; others are given back at once.
   *  @param release called when the columns are read no more, after the listeners */
  adopt(source: PointSource, picture: TwinPicture, release: () => void): void;
  /** Whose pictures are shown from now on. */
  showOnly(source: PointSource): void;
  setStale(isStale: boolean): void;
}

export interface PointStoreDeps {
  /** Runs a function before the next picture is drawn. */
  readonly schedule: (flush: () => void) => void;
  readonly watch: (points: readonly number[]) => void;
}

type Writable = { -readonly [K in keyof PointsView]: PointsView[K] };

interface Pending {
  change: PointsChange;
  readonly releases: (() => void)[];
}

const viewOf = (layout: ExpandedLayout, isStale: boolean): Writable => ({
  layout,
  value: new Uint16Array(layout.pointCount).fill(NO_VALUE),
  state: new Uint8Array(layout.pointCount).fill(PointState.stale),
  rollUp: new Uint8Array(layout.assetCount).fill(PointState.stale),
  timeMs: undefined,
  isStale,
});

function copy(view: Writable, { scope, count, assetCount, columns }: TwinPicture): void {
  if (scope === "all") {
    view.value.set(columns.value);
    view.state.set(columns.state);
    view.rollUp.set(columns.rollUp);
    return;
  }
  for (let i = 0; i < count; i += 1) {
    const point = columns.point[i] ?? 0;
    view.value[point] = columns.value[i] ?? 0;
    view.state[point] = columns.state[i] ?? 0;
  }
  for (let i = 0; i < assetCount; i += 1) view.rollUp[columns.asset[i] ?? 0] = columns.rollUp[i] ?? 0;
}

const changeOf = ({ scope, count, reshaped, columns }: TwinPicture): PointsChange =>
  scope === "all" ? { kind: "all" } : { kind: "some", points: columns.point, count, reshaped };

/** The points that the page shows. */
export function createPointStore({ schedule, watch }: PointStoreDeps): {
  readonly store: PointStore;
  readonly writer: PointWriter;
} {
  const listeners = new Set<(change: PointsChange) => void>();
  const freshness = new Set<(isStale: boolean) => void>();
  const exact = new Map<number, number>();
  let view: Writable | undefined;
  let find: ((tag: string) => number | undefined) | undefined;
  let source: PointSource = "live";
  let isStale = false;
  let pending: Pending | undefined;

  const flush = (): void => {
    const told = pending;
    pending = undefined;
    if (told === undefined) return;
    for (const listener of [...listeners]) listener(told.change);
    for (const release of told.releases) release();
  };

  /** Two changes before one picture are told as one: a list of points would not hold both. */
  const tell = (change: PointsChange, release?: () => void): void => {
    const isScheduled = pending !== undefined;
    const before = pending?.change;
    const told = before === undefined ? change : before.kind === "layout" ? before : widest(change);
    pending ??= { change: told, releases: [] };
    pending.change = told;
    if (release !== undefined) pending.releases.push(release);
    if (!isScheduled) schedule(flush);
  };

  /** Of a view: replayed and kept points do not grow old by silence, except that kept ones are. */
  const updateFreshness = (): void => {
    const next = source === "kept" || (source === "live" && isStale);
    if (view !== undefined) view.isStale = next;
    for (const listener of [...freshness]) listener(next);
  };

  return {
    store: {
      view: () => view,
      valueOf(point) {
        if (view === undefined) return undefined;
        const full = source === "live" ? exact.get(point) : undefined;
        const kind = view.layout.layout.kinds[view.layout.kindOf[point] ?? 0];
        if (kind === undefined) return undefined;
        const value = full ?? dequantise(view.value[point] ?? NO_VALUE, kind.low, kind.high);
        return Number.isNaN(value) ? undefined : value;
      },
      find(tag) {
        if (view === undefined) return undefined;
        find ??= createPointFinder(view.layout);
        return find(tag);
      },
      watch(points) {
        exact.clear();
        watch(points);
      },
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      onFreshness(listener) {
        freshness.add(listener);
        return () => freshness.delete(listener);
      },
    },
    writer: {
      setLayout(layout) {
        view = viewOf(layout, source === "kept" || (source === "live" && isStale));
        find = undefined;
        exact.clear();
        tell({ kind: "layout" });
      },
      adopt(from, picture, release) {
        if (view === undefined || from !== source || picture.layoutHash !== view.layout.hash) {
          release();
          return;
        }
        copy(view, picture);
        view.timeMs = picture.timeMs;
        const { watched } = picture;
        for (let i = 0; i < (watched?.point.length ?? 0); i += 1)
          exact.set(watched?.point[i] ?? 0, watched?.value[i] ?? Number.NaN);
        if (picture.count === 0 && watched === undefined) release();
        else tell(changeOf(picture), release);
      },
      showOnly(next) {
        if (source === next) return;
        source = next;
        updateFreshness();
      },
      setStale(next) {
        isStale = next;
        updateFreshness();
      },
    },
  };
}

const widest = (change: PointsChange): PointsChange => (change.kind === "layout" ? change : { kind: "all" });
