import type { Role } from "../model.ts";
import type { TimeUs } from "../time.ts";

/** What one model makes of a frame. */
export interface Judged {
  /** 1 - P(healthy). */
  readonly probability: number;
  /** Above the model's own threshold: the model's verdict, whose accuracy is compared. */
  readonly isAnomalous: boolean;
  /** The detector's verdict with this model's voice among the three: what raises alarms. */
  readonly isAbnormal: boolean;
  /** The run's time, divided by the frames of its batch. */
  readonly ms: number;
}

/** One frame through both models. */
export interface PairedFrame {
  readonly id: string;
  readonly machine: string;
  readonly sensor: string;
  readonly timeUs: TimeUs;
  readonly shaftHz: number;
  readonly champion: Judged;
  /** What went wrong instead, where the challenger could not be run: the champion's answer stood in. */
  readonly challenger: Judged | { readonly failure: string };
  /** Who was run first; alternates. */
  readonly first: Role;
  /** Whose verdict counted. */
  readonly acted: Role;
}
