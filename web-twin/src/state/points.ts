import type { ExpandedLayout } from "@stethos/edge-agent/core";

/** What changed in the points since the listeners were last called. */
export type PointsChange =
  /** Another plant: everything is new. */
  | { readonly kind: "layout" }
  /** Any of them. */
  | { readonly kind: "all" }
  /** Only these. */
  | {
      readonly kind: "some";
      /** The first `count` entries are the points. */
      readonly points: Uint32Array;
      readonly count: number;
      /** Among them is one whose glyph has another shape or size now: what lay beneath its old one must be drawn anew. */
      readonly reshaped: boolean;
    };

/** The points as the agent last told of them; replayed ones in a replay. The columns are written in place and keep their
 *  identity until the layout changes. */
export interface PointsView {
  readonly layout: ExpandedLayout;
  /** [points]; see core/twin-delta for the quantisation. */
  readonly value: Uint16Array;
  /** [points]; see core/twin/point-state. */
  readonly state: Uint8Array;
  /** [assets]: the state whose urgency is the largest among the asset's points. */
  readonly rollUp: Uint8Array;
  /** ms since 1970 by the agent's clock; undefined before the first snapshot. */
  readonly timeMs: number | undefined;
  /** Nothing was heard for three seconds: what stands here is old. */
  readonly isStale: boolean;
}

export interface PointStore {
  /** Undefined until a layout came. */
  view(): PointsView | undefined;
  /** In the point's unit; undefined where there is none. */
  valueOf(point: number): number | undefined;
  /** Index of a tag's point. */
  find(tag: string): number | undefined;
  /** Asks for the full values of these points, for as long as nobody asks for others. */
  watch(points: readonly number[]): void;
  /** Calls back, at most once a picture, until the returned function is called. */
  subscribe(listener: (change: PointsChange) => void): () => void;
  /** Calls back when it becomes stale or live. */
  onFreshness(listener: (isStale: boolean) => void): () => void;
}
