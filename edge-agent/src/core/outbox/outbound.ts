import type { Alarm } from "../alarm-types.ts";
import type { Health } from "../health.ts";
import type { Value } from "../reading.ts";
import type { Score } from "../score.ts";
import type { Protocol } from "../tag.ts";
import type { TimeUs } from "../time.ts";

/** What leaves the edge, each in its own order and with its own bounds. Scores carry their features; "gaps" tells what was
 *  lost on the way, so that a chart shows a gap and never a straight line. */
export const STREAMS = ["readings", "scores", "health", "alarms", "gaps"] as const;
export type Stream = (typeof STREAMS)[number];

/** What a receiver needs to know of a tag. */
export interface OutboundTag {
  readonly id: string;
  readonly unit: string;
  readonly device: string;
  /** The one in use when the readings were made. */
  readonly protocol: Protocol;
  readonly address: string;
}

/** Readings in columns of equal length `count`; they name their own tags, whatever the configuration is by then. */
export interface ReadingRows {
  readonly stream: "readings";
  readonly count: number;
  readonly tags: readonly OutboundTag[];
  /** Index into `tags`. */
  readonly tag: Uint32Array;
  /** In the tag's unit; NaN where `other` holds the value or quality is bad. */
  readonly value: Float64Array;
  /** OPC UA status codes. */
  readonly status: Uint32Array;
  readonly sourceTimeUs: Float64Array;
  readonly agentTimeUs: Float64Array;
  readonly sequence: Float64Array;
  readonly other: ReadonlyMap<number, Value>;
}

/** Why something never reached a sink, or will not. */
export const DROP_CAUSES = [
  "full-bytes",
  "full-disk",
  "too-old",
  "queue-full",
  "rejected",
  "corrupt",
  "poison",
  "operator",
  "write-failed",
] as const;
export type DropCause = (typeof DROP_CAUSES)[number];

/** So many rows of one stream were lost for one cause; of readings with the span and the tags that it was, where known. */
export interface Gap {
  readonly stream: Stream;
  readonly cause: DropCause;
  /** Where only one sink misses them: its name. */
  readonly sink?: string | undefined;
  /** -1: nobody can tell. */
  readonly rows: number;
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  readonly noticedUs: TimeUs;
  /** At most 100 of them. */
  readonly tags?: readonly string[] | undefined;
}

export type OutboundRows =
  | ReadingRows
  | { readonly stream: "scores"; readonly count: number; readonly rows: readonly Score[] }
  | { readonly stream: "health"; readonly count: number; readonly rows: readonly Health[] }
  | { readonly stream: "alarms"; readonly count: number; readonly rows: readonly Alarm[] }
  | { readonly stream: "gaps"; readonly count: number; readonly rows: readonly Gap[] };

/** One row of the outbox: what one group commit took of one stream. (node, epoch, number) names it for ever, whoever
 *  copies, restores or empties the file: a receiver that has seen the name has the rows. */
export interface OutboxBatch {
  /** Name of the agent that read it. */
  readonly node: string;
  /** 16 hex digits, drawn for each new file and at each opening. */
  readonly epoch: string;
  /** Rises within the file, over all streams; never used twice within an epoch. */
  readonly number: number;
  /** When it was committed. */
  readonly committedUs: TimeUs;
  /** Made by an earlier run or before the newest by so much that it is history, not news (Sparkplug's is_historical). */
  readonly isBacklog: boolean;
  readonly content: OutboundRows;
}
