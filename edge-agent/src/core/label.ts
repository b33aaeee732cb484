import type { TimeUs } from "./time.ts";

/** What somebody who knows says of a frame that a model called abnormal, or of an alarm: the machine was really not well;
 *  it was a false alarm; nobody can tell. */
export type LabelVerdict = "false" | "not-sure" | "real";

export interface Label {
  /** Id of a kept frame. */
  readonly frame: string;
  readonly verdict: LabelVerdict;
  readonly by: string;
  readonly timeUs: TimeUs;
  readonly source: "operator" | "work-order";
  /** Number of the work order, or words of the operator. */
  readonly note?: string;
}
