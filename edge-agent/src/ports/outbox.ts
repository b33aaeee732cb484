import type { Alarm } from "../core/alarm-types.ts";
import type { Health } from "../core/health.ts";
import type { Gap, OutboxBatch, Stream } from "../core/outbox/outbound.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import type { TimeUs } from "../core/time.ts";

/** Store and forward. Appending never waits and never throws: it is handed over and committed in groups (250 ms or 1,000
 *  readings). A row is accepted when its group commit returned; from then on it survives SIGKILL and, on storage that
 *  honours flushes, power loss. What cannot be kept is dropped by the stream's policy, counted by cause, and told to every
 *  sink as a gap. */
export interface Outbox {
  /** Must be called before readings of these tags are appended. */
  registerTags(tags: readonly Tag[]): void;
  append(batch: ReadingBatch): void;
  appendScore(score: Score): void;
  appendHealth(health: Health): void;
  appendAlarm(alarm: Alarm): void;
  /** What one sink refused for good: kept beside the queue for an operator, and told as a gap. */
  reportGap(gap: Gap): void;
  /** One reader a sink; its cursor is kept in the file under this name. A sink that is new begins at what is kept. */
  reader(sink: string, options: ReaderOptions): OutboxReader;
  /** Everything appended before this call is committed when it resolves. */
  flush(signal: AbortSignal): Promise<void>;
  statistics(signal: AbortSignal): Promise<OutboxStatistics>;
  /** Commits and closes: the next start is a clean one. */
  close(): Promise<void>;
}

export interface ReaderOptions {
  readonly streams: readonly Stream[];
  /** "in-order": strictly by number. "live-first": after an outage what is new goes out at once and the backlog beside
   *  it, batch by batch in turn, marked `isBacklog`. */
  readonly lane: "in-order" | "live-first";
}

export interface OutboxReader {
  /** The oldest batches that are not confirmed, at most so many rows together but at least one batch; waits until there
   *  is one. The same ones come again until they are confirmed. All of one lane: `isBacklog` is the same of all.
   *  @throws the signal's reason */
  next(most: { readonly rows: number }, signal: AbortSignal): Promise<readonly OutboxBatch[]>;
  /** These are at the sink for good: kept across restarts before it resolves, or they come again. */
  confirm(batches: readonly OutboxBatch[]): Promise<void>;
}

export interface OutboxStatistics {
  readonly file: string;
  readonly bytes: number;
  readonly epoch: string;
  readonly batches: number;
  readonly rows: number;
  readonly oldestUs: TimeUs | undefined;
  /** Handed over and not yet committed: what a power cut now would lose. */
  readonly uncommitted: number;
  /** Rows given up, by stream and cause; since the file began. */
  readonly dropped: readonly { readonly stream: Stream; readonly cause: string; readonly rows: number }[];
  readonly sinks: readonly {
    readonly sink: string;
    readonly waitingBatches: number;
    readonly waitingRows: number;
    readonly oldestUs: TimeUs | undefined;
  }[];
  readonly trouble: string | undefined;
  /** When a damaged file was last set aside, since this start. */
  readonly quarantinedUs?: TimeUs | undefined;
}
