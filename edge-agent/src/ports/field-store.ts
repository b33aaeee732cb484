import type { Label } from "../core/label.ts";
import type { TimeUs } from "../core/time.ts";

/** Why a frame is kept. */
export type FieldKind = "alarm" | "disagreement" | "drift" | "random";

/** A window worth keeping: for a label, and to learn from. */
export interface FieldFrame {
  readonly id: string;
  readonly kind: FieldKind;
  readonly machine: string;
  readonly sensor: string;
  readonly unit: string;
  /** End of the window. */
  readonly timeUs: TimeUs;
  readonly sampleRateHz: number;
  /** 0 where unknown. */
  readonly shaftHz: number;
  /** "name version" of the champion then. */
  readonly model: string;
  /** 1 - P(healthy) of the champion, and of the challenger where there was one. */
  readonly probability: number;
  readonly challengerProbability?: number;
  /** Id of the alarm that it belongs to. */
  readonly alarm?: string;
  readonly samples: Float32Array;
  /** Mean frame of the healthy machine, as the model was given it. */
  readonly healthyFrame?: Float32Array;
}

export type FieldFrameHead = Omit<FieldFrame, "healthyFrame" | "samples"> & { readonly label?: Label };

/** Frames of this device, on disk, bounded in bytes: what is least worth goes first (random, then drift, then alarms and
 *  disagreements that are labelled), and is counted. */
export interface FieldStore {
  /** Handed over; never waits. */
  keep(frame: FieldFrame): void;
  find(id: string, signal: AbortSignal): Promise<(FieldFrame & { readonly label?: Label }) | undefined>;
  /** Newest first. */
  list(
    query: {
      readonly kind?: FieldKind;
      /** Those of one alarm. */
      readonly alarm?: string;
      readonly unlabelledOnly?: boolean;
      readonly most: number;
    },
    signal: AbortSignal,
  ): Promise<readonly FieldFrameHead[]>;
  /** On disk when it resolves. False where there is no such frame. */
  label(label: Label, signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}
