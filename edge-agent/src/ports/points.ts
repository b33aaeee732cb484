import type { ExpandedLayout } from "../core/layout/expand.ts";

/** Every point of the layout with its newest value and state, in columns that are written in place. Written by the
 *  flows, read by the twin feed and its recorder. Another layout comes with other columns and another epoch. */
export interface Points {
  readonly layout: ExpandedLayout;
  /** Another one after each change of the layout's points, and after each start: 0..65535. */
  readonly epoch: number;
  /** [points], quantised to the kind's range; see core/twin-delta. */
  readonly value: Uint16Array;
  /** [points], in the point's unit; NaN where there is none. */
  readonly exact: Float32Array;
  /** [points], see core/twin/point-state. */
  readonly state: Uint8Array;
  /** [points]: the turn in which the value or the state of each last changed; 0 for never. */
  readonly changed: Uint32Array;
  /** Ends the turn, if anything changed in it, so that turns without news do not count.
   *  @returns the last turn that ended: what changes from now on belongs to later ones */
  endTurn(): number;
}
