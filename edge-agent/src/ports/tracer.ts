import type { OutboxBatch } from "../core/outbox/outbound.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { TimeUs } from "../core/time.ts";

/** Told of the way of readings, and deaf until somebody asks for one: call it as
 *  `if (tracer.isOn) tracer.onReadings(batch)`, so that readings cost one branch. */
export interface ReadingTracer {
  readonly isOn: boolean;
  /** Normalised readings, just handed to the history and the outbox. */
  onReadings(batch: ReadingBatch): void;
  onDelivery(sink: string, batches: readonly OutboxBatch[], step: DeliveryStep): void;
}

/** "begin" and "failed" may come several times; "confirmed": the outbox has noted that the sink has it. */
export type DeliveryStep = "begin" | "confirmed" | "delivered" | "failed";

/** One part of the way. */
export interface TraceStep {
  readonly name: "acquire" | "confirm" | "deliver" | "history" | "normalise" | "outbox" | "wait";
  /** Of "wait", "deliver" and "confirm". */
  readonly sink?: string | undefined;
  readonly startUs: TimeUs;
  readonly endUs: TimeUs;
  readonly isFailed: boolean;
}

/** The way of one reading, as far as it came. */
export interface ReadingTrace {
  readonly tag: string;
  /** 32 hex digits, as in a trace store where spans are exported. */
  readonly traceId: string;
  /** Of the reading, within its tag. */
  readonly sequence: number;
  readonly statusCode: number;
  /** In the order in which they began. */
  readonly steps: readonly TraceStep[];
  /** What had not happened when the time was over: "history", or names of sinks. */
  readonly missing: readonly string[];
}

export interface TraceDesk {
  /** Follows the next reading of a tag. What has not happened when the signal aborts is missing.
   *  @returns undefined where there was no reading in that time, or too many traces run */
  traceOne(tag: string, signal: AbortSignal): Promise<ReadingTrace | undefined>;
}
