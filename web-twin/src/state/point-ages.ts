import type { PointStore } from "./points.ts";

/** Since when each point has the value that it shows; the feed itself does not tell. */
export interface PointAges {
  /** ms since 1970 by the agent's clock; undefined where it has not changed since this began to watch. */
  changedMs(point: number): number | undefined;
  dispose(): void;
}

export function watchPointAges(points: Pick<PointStore, "subscribe" | "view">): PointAges {
  let changed = new Float64Array(0);
  let known = new Uint16Array(0);

  const begin = (): void => {
    const view = points.view();
    changed = new Float64Array(view?.layout.pointCount ?? 0);
    known = Uint16Array.from(view?.value ?? []);
  };
  begin();
  let isFilled = points.view()?.timeMs !== undefined;

  const note = (point: number, value: number, timeMs: number): void => {
    if (known[point] === value) return;
    known[point] = value;
    changed[point] = timeMs;
  };

  const unsubscribe = points.subscribe((change) => {
    const view = points.view();
    if (view === undefined) return;
    if (change.kind === "layout" || !isFilled) {
      begin();
      isFilled = view.timeMs !== undefined;
      return;
    }
    const timeMs = view.timeMs ?? 0;
    if (change.kind === "all") {
      for (let p = 0; p < known.length; p += 1) note(p, view.value[p] ?? 0, timeMs);
      return;
    }
    for (let i = 0; i < change.count; i += 1) {
      const point = change.points[i] ?? 0;
      note(point, view.value[point] ?? 0, timeMs);
    }
  });

  return {
    changedMs: (point) => (changed[point] === 0 ? undefined : changed[point]),
    dispose: unsubscribe,
  };
}
