import type { TimeUs } from "../../core/time.ts";
import { type Database, pragmaNumber, transaction } from "./database.ts";
import type { EventTables } from "./events.ts";
import type { SegmentTable } from "./segment.ts";

/** Chunks that one step deletes. */
const STEP_CHUNKS = 2000;
/** Pages that one step gives back to the file system. */
const STEP_PAGES = 1024;
/** Segments that age may take for each new one, so that a clock set a year ahead does not wipe the history: it
 *  goes at twice the pace at which it came, and stops going when the clock is put right. */
const AGED_PER_SEGMENT = 2;
/** Share of its pages at which the oldest segment goes: the rest is room for the journal and the next segment. */
const FULL = 0.8;
/** What one commit may need at most. */
const COMMIT_PAGES = 2048;
/** Share of free pages, and number of them, beyond which the file is made smaller: below, they are soon used again. */
const SLACK = 0.25;
const SLACK_PAGES = 64;

export interface RetentionLimits {
  /** Pages that the file may have. */
  readonly pages: number;
  readonly maxAgeUs: number;
}

export interface Retention {
  /** After a segment was made whose last batch is of `newestUs`: lets the segments go that are too old by it. */
  age(newestUs: TimeUs): void;
  /** One bounded piece of clearing up. While no segment is being written.
   *  @returns true where there was something to do */
  step(): boolean;
  /** A write found no room. */
  lackRoom(): void;
}

export function createRetention(
  db: Database,
  segments: SegmentTable,
  events: EventTables,
  limits: RetentionLimits,
): Retention {
  let full = FULL;

  function drop(ids: readonly number[]): boolean {
    if (ids.length === 0) return false;
    transaction(db, () => {
      for (const id of ids) segments.invalidate(id);
    });
    return true;
  }

  function makeRoom(): boolean {
    const used = pragmaNumber(db, "page_count") - pragmaNumber(db, "freelist_count");
    if (used < limits.pages * full) {
      full = FULL;
      return false;
    }
    if (drop(segments.oldest(1, Number.POSITIVE_INFINITY))) return true;
    // Nothing but events is left to fill the file, and waveforms are the large ones.
    return transaction(db, () => events.thinWaveforms());
  }

  function shrinkFile(): boolean {
    const free = pragmaNumber(db, "freelist_count");
    if (free < SLACK_PAGES || free < pragmaNumber(db, "page_count") * SLACK) return false;
    db.prepare(`PRAGMA incremental_vacuum(${STEP_PAGES})`).all();
    return true;
  }

  return {
    lackRoom() {
      // Only where the limit itself can be what was met: a disk that others filled costs no history.
      if (pragmaNumber(db, "page_count") + COMMIT_PAGES > limits.pages) full = FULL / 2;
    },
    age(newestUs) {
      drop(segments.oldest(AGED_PER_SEGMENT, newestUs - limits.maxAgeUs));
    },
    step() {
      const waste = segments.waste();
      if (waste === undefined) return makeRoom() || shrinkFile();
      transaction(db, () => {
        const marks = segments.shrink(waste, STEP_CHUNKS);
        if (marks !== undefined) events.removeTo(marks);
      });
      return true;
    },
  };
}
