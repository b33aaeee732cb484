import { type Database, pragmaNumber } from "../database.ts";
import type { Moment } from "../wire.ts";
import type { BatchEntry, BatchTable } from "./batch-table.ts";
import type { Intake } from "./intake.ts";
import type { Room } from "./room.ts";
import type { SinkTable } from "./sink-table.ts";

/** The work behind commits and questions: what every sink has goes, what is too old goes, empty pages go back. */
export interface Chores {
  isDue(nowMs: number): boolean;
  /** One bounded piece. */
  step(now: Moment): void;
}

export interface ChoreParts {
  readonly db: Database;
  readonly batches: BatchTable;
  readonly sinks: SinkTable;
  readonly intake: Intake;
  readonly room: Room;
  /** Batches that every sink has: removed with what is written next. */
  readonly done: Map<number, BatchEntry>;
  /** Sinks that are read in this run. */
  readonly readers: ReadonlySet<string>;
  /** Number of the newest batch when the file was opened. */
  readonly newestAtStart: number;
  readonly maxAgeMs: number;
  ranMs(nowMs: number): number;
  write(work: () => void): void;
}

const MOST_DONE = 256;
const AT_ONCE = 64;
const SWEEP_AT_ONCE = 1000;
const LOOK_MS = 1000;
/** Empty pages that are kept for the batches to come, and those that are given back to the disk at once. */
const SPARE_SHARE = 1 / 8;
const VACUUM_PAGES = 128;

export function createChores(parts: ChoreParts): Chores {
  const { db, batches, sinks, intake, room, done, readers, newestAtStart, maxAgeMs, ranMs, write } = parts;
  let sweptTo = 0;
  let lookMs = Number.NEGATIVE_INFINITY;

  function expire(now: Moment): boolean {
    const limit = ranMs(now.nowMs) - maxAgeMs;
    const old = batches.between(0, Number.POSITIVE_INFINITY, AT_ONCE).filter(({ ranMs: at }) => at < limit);
    const unread = sinks.all.filter(({ name, seenMs }) => seenMs < limit && !readers.has(name));
    if (old.length === 0 && unread.length === 0) return false;
    write(() => {
      // Nobody reads them any more: what waits for them alone is no loss.
      for (const { name } of unread) sinks.remove(name);
      intake.giveUp(old, "too-old", now);
      intake.write(0, now);
    });
    return old.length === AT_ONCE;
  }

  /** Once after a start: what was confirmed and not yet removed. */
  function sweep(): void {
    const entries = batches.between(sweptTo, newestAtStart + 1, SWEEP_AT_ONCE);
    for (const entry of entries) {
      const { stream, id } = entry;
      // What nobody asks for is kept for a sink to come, until it is too old.
      if (stream === undefined || sinks.all.length === 0 || !sinks.wants(stream)) continue;
      if (sinks.waitingFor(stream, id).length === 0) done.set(id, entry);
    }
    sweptTo = entries.length < SWEEP_AT_ONCE ? Number.POSITIVE_INFINITY : (entries.at(-1)?.id ?? 0) + 1;
  }

  function shrink(now: Moment): void {
    write(() => {
      intake.giveUp(room.droppable(AT_ONCE), "full-bytes", now);
      intake.write(0, now);
    });
  }

  const emptyPages = () => pragmaNumber(db, "freelist_count") - pragmaNumber(db, "page_count") * SPARE_SHARE;
  const isLookDue = (nowMs: number) => nowMs - lookMs >= LOOK_MS;

  return {
    isDue: (nowMs) =>
      done.size >= MOST_DONE || sweptTo <= newestAtStart || isLookDue(nowMs) || emptyPages() > VACUUM_PAGES,
    step(now) {
      if (sweptTo <= newestAtStart) sweep();
      else if (done.size > 0) write(() => undefined);
      else if (!isLookDue(now.nowMs)) {
        if (emptyPages() > VACUUM_PAGES) db.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
      } else if (room.isOver()) shrink(now);
      else if (!expire(now)) lookMs = now.nowMs;
    },
  };
}
