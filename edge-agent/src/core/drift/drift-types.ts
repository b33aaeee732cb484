import type { TimeUs } from "../time.ts";

/** Which layer looks away from its reference: what goes in, what the network makes of it, what comes out. */
export type DriftLayer = "embedding" | "input" | "output";

/** A test over one full, non-overlapping block of windows of one regime (a sensor at a speed). */
export interface DriftVerdict {
  readonly machine: string;
  readonly sensor: string;
  /** Speed of the regime, 0 where unknown. */
  readonly shaftHz: number;
  readonly timeUs: TimeUs;
  /** Each layer's statistic over its calibrated threshold: above 1 is drift. */
  readonly ratios: Readonly<Record<DriftLayer, number>>;
  readonly isDrift: boolean;
  /** Blocks in a row with drift, this one included. */
  readonly inARow: number;
}

/** State of one sensor, for screens. "learning": the reference is not complete; "blind": the sensor is at fault, which is
 *  no drift and starts nothing. */
export interface DriftState {
  readonly machine: string;
  readonly sensor: string;
  readonly kind: "blind" | "confirmed" | "learning" | "stable" | "warning";
  readonly warnings: number;
  /** 0..1 while learning. */
  readonly progress: number;
  /** The layer that is farthest from its reference, and its ratio. */
  readonly layer?: DriftLayer;
  readonly ratio?: number;
  readonly sinceUs: TimeUs;
}
