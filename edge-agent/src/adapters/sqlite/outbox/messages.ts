import type { BatchColumns } from "../../../core/outbox/batch-codec.ts";
import type { DropCause, Gap, OutboundTag, Stream } from "../../../core/outbox/outbound.ts";
import type { TimeUs } from "../../../core/time.ts";
import type { OutboxStatistics, ReaderOptions } from "../../../ports/outbox.ts";
import type { Block } from "../block.ts";
import type { StoreWords, WireReply, WireRequest } from "../wire.ts";

export const OUTBOX_WORDS: StoreWords = { name: "outbox", failed: "OUTBOX_FAILED", corrupt: "OUTBOX_FAILED" };

/** One thing to be written. */
export type OutboxItem =
  | { readonly kind: "tags"; readonly tags: readonly OutboundTag[] }
  | { readonly kind: "sink"; readonly sink: string; readonly options: ReaderOptions }
  | { readonly kind: "block"; readonly block: Block }
  | {
      readonly kind: "document";
      readonly stream: Exclude<Stream, "readings">;
      readonly atUs: TimeUs;
      readonly json: string;
    }
  /** To be counted, and told to every sink. */
  | { readonly kind: "gaps"; readonly gaps: readonly Gap[] };

/** The name of a batch within its node. */
export interface BatchName {
  readonly epoch: string;
  readonly number: number;
}

export type OutboxQuery =
  | { readonly kind: "next"; readonly sink: string; readonly options: ReaderOptions; readonly rows: number }
  /** What follows on what the sink holds is made ready; answers nothing. */
  | { readonly kind: "ahead"; readonly sink: string; readonly rows: number }
  | { readonly kind: "confirm"; readonly sink: string; readonly names: readonly BatchName[] }
  | { readonly kind: "statistics" };

/** A batch on its way to the main thread: its columns move, its tags are known there by their keys. */
export interface FoundBatch extends BatchName {
  readonly node: string;
  readonly committedUs: TimeUs;
  readonly isBacklog: boolean;
  readonly content:
    | { readonly stream: "readings"; readonly columns: BatchColumns }
    | { readonly stream: Exclude<Stream, "readings">; readonly json: readonly string[] };
}

export interface FoundBatches {
  readonly kind: "next";
  readonly batches: readonly FoundBatch[];
  /** Tags that were not sent before since the file was opened. */
  readonly tags: readonly (readonly [key: number, tag: OutboundTag])[];
}

export type FileStatistics = Omit<OutboxStatistics, "file" | "quarantinedUs" | "trouble" | "uncommitted">;

export type OutboxAnswer =
  | FoundBatches
  | { readonly kind: "ahead" | "confirm" }
  | { readonly kind: "statistics"; readonly statistics: FileStatistics };

/** Rows that were given up. */
export interface Dropped {
  readonly stream: Stream;
  readonly cause: DropCause;
  readonly rows: number;
}

export type OutboxRequest = WireRequest<OutboxItem, OutboxQuery>;

export type OutboxReply = WireReply<OutboxAnswer> & {
  readonly dropped: readonly Dropped[];
  /** What a commit wrote. */
  readonly committed: { readonly rows: number; readonly bytes: number };
  /** A damaged file was set aside, and a new one begun. */
  readonly isQuarantined: boolean;
};
