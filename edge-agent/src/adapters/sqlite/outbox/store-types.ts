import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { Stream } from "../../../core/outbox/outbound.ts";
import type { TimeUs } from "../../../core/time.ts";
import type { ReaderOptions } from "../../../ports/outbox.ts";
import { type DatabaseLimits, openDatabase } from "../database.ts";
import type { Moment } from "../wire.ts";
import type { BatchName, Dropped, FileStatistics, FoundBatches, OutboxItem } from "./messages.ts";
import type { Policy } from "./options.ts";

export interface OutboxSettings extends DatabaseLimits {
  readonly file: string;
  readonly node: string;
  /** False where this run of the agent had the file open before: with a worker that died since. */
  readonly isNewRun: boolean;
  /** What the names of this run's epochs come from. */
  readonly seed: string;
  readonly maxAgeMs: number;
  readonly minFreeBytes: number;
  readonly policy: Readonly<Record<Stream, Policy>>;
}

/** The open file. Everything here blocks: it lives in a worker thread. Any SQLite error may come out of any call. */
export interface OutboxStore {
  readonly epoch: string;
  /** The file was not closed by whoever had it before. */
  readonly isUnclean: boolean;
  /** Number of the last item of this run that was on the disk when the file was opened; 0 where there was none. */
  readonly committedTo: number;
  findDamage(): string | undefined;
  /** Writes all of it or nothing. */
  commit(items: readonly OutboxItem[], upTo: number, now: Moment): Committed;
  /** Writes an item and takes it back. @throws what writing it throws */
  rehearse(item: OutboxItem, now: Moment): void;
  next(query: NextQuery, now: Moment): FoundBatches;
  /** Reads what the sink will ask for next, while it is busy with what it has. */
  ahead(sink: string, rows: number): void;
  confirm(sink: string, names: readonly BatchName[], now: Moment): void;
  statistics(): FileStatistics;
  /** What was given up since the last call. */
  dropped(): readonly Dropped[];
  /** A write failed for want of room. @returns there is enough of it: a page that points to nowhere looks like this too */
  lackRoom(): boolean;
  hasWork(nowMs: number): boolean;
  /** One bounded piece of work. */
  step(now: Moment): void;
  /** An operator gives up what is in the file. */
  discard(what: Discard, now: Moment): void;
  /** @param cleanly the next start need not look for damage */
  close(cleanly: boolean): void;
}

export type Discard =
  | { readonly kind: "all" }
  /** Made before. */
  | { readonly kind: "before"; readonly timeUs: TimeUs }
  /** What this sink alone waits for, and the sink. */
  | { readonly kind: "sink"; readonly sink: string };

export interface NextQuery {
  readonly sink: string;
  readonly options: ReaderOptions;
  readonly rows: number;
}

export interface Committed {
  readonly rows: number;
  readonly bytes: number;
  /** Readings of tags that nobody registered. */
  readonly unknown: number;
}

export interface OutboxStoreDeps {
  /** Tests put a failing disk behind it. */
  readonly open: typeof openDatabase;
  freeBytes(file: string): number;
  /** How many times this run has opened the file before. */
  readonly opened: number;
  readonly nowMs: number;
}

export type SystemDeps = Omit<OutboxStoreDeps, "nowMs" | "opened">;

export const systemDeps: SystemDeps = {
  open: openDatabase,
  freeBytes(file) {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize;
  },
};
