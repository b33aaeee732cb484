import type { PointStore } from "../state/points.ts";

/** The points of a plant that has none. */
export const noPoints: PointStore = {
  view: () => undefined,
  valueOf: () => undefined,
  find: () => undefined,
  watch: () => {},
  subscribe: () => () => {},
  onFreshness: () => () => {},
};
