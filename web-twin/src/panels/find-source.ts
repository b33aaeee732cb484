import { buildFindIndex, type FindIndex, type FindSource } from "../state/find-index.ts";
import type { Timers } from "../stream/timers.ts";
import type { PanelDeps } from "./panel.ts";

/** The index, built when somebody first wants to find something, in slices that leave room for pictures. */
export interface LazyIndex {
  /** The index; undefined while it is being built: `ready` is called when it is there. */
  get(): FindIndex | undefined;
  /** The plant is another one. */
  forget(): void;
  dispose(): void;
}

export function createLazyIndex(
  source: () => FindSource,
  timers: Pick<Timers, "after">,
  ready: () => void,
): LazyIndex {
  let index: FindIndex | undefined;
  let stop: (() => void) | undefined;

  const build = (): void => {
    const steps = buildFindIndex(source());
    const step = (): void => {
      const { done, value } = steps.next();
      if (done !== true) {
        stop = timers.after(0, step);
        return;
      }
      stop = undefined;
      index = value;
      ready();
    };
    stop = timers.after(0, step);
  };
  const forget = (): void => {
    stop?.();
    stop = undefined;
    index = undefined;
  };

  return {
    get() {
      if (index === undefined && stop === undefined) build();
      return index;
    },
    forget,
    dispose: forget,
  };
}

/** @param withScores whether sensors' scores and healths are found, too */
export function sourceOf({ store, points, t }: PanelDeps, withScores: boolean): FindSource {
  return {
    layout: points.view()?.layout.layout,
    machines: store.view().plant.machines.values(),
    ...(withScores ? { words: { anomaly: t("trend.anomaly"), health: t("trends.health") } } : {}),
  };
}
