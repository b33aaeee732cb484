import type { TimeUs } from "../time.ts";
import type { CountedMinute } from "./minute-counts.ts";

/** What the objectives must not forget with a restart. */
export interface SloState {
  readonly objectives: readonly {
    readonly slo: string;
    /** It was told that it burns, and not yet that it is kept again. */
    readonly isBurning: boolean;
    readonly minutes: readonly CountedMinute[];
  }[];
  /** When the agent acted by itself, on the wall clock. */
  readonly actionsUs: readonly TimeUs[];
  /** The newest action was begun, and nobody knows whether it came to its end. */
  readonly isActing: boolean;
}

/** Ages of earlier actions, as far as the wall clock tells, oldest first. One that is yet to come was, for all that is
 *  known, just now: a clock that was set back must not set the agent free to act again. */
export const agesMs = (actionsUs: readonly TimeUs[], nowUs: TimeUs): readonly number[] =>
  actionsUs.map((timeUs) => Math.max(0, nowUs - timeUs) / 1000).toSorted((a, b) => b - a);
