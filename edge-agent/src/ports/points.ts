import type { ExpandedLayout } from "../core/layout/expand.ts";

/** Every point of the layout with its newest value and state, in columns that are written in place. Written by the
 *  flows, read by the twin feed and its recorder. */
export interface Points {
  readonly layout: ExpandedLayout;
  /** Another one after each change of the layout, and after each start: 0..65535. */
  readonly epoch: number;
  /** [points], quantised to the kind's range; see core/twin-delta. */
  readonly value: Uint16Array;
  /** [points], in the point's unit; NaN where there is none. */
  readonly exact: Float32Array;
  /** [points], see core/twin/point-state. */
  readonly state: Uint8Array;
  /** [points]: the turn in which each last changed. */
  readonly changed: Uint32Array;
  /** The turn that is under way. */
  readonly turn: number;
  /** Ends the turn. @returns its number: changes from now on belong to the next */
  endTurn(): number;
}
