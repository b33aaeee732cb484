import { type Compacted, compact, createWorkspace } from "./compact.ts";
import type { Database } from "./database.ts";
import type { Journal } from "./journal.ts";
import type { Retention } from "./retention.ts";
import type { SegmentTable } from "./segment.ts";

/** The work behind the commits: compaction by size and by time, then what retention asks. */
export interface Maintenance {
  /** `readings` in `bytes` went into the journal. */
  committed(readings: number, bytes: number, nowMs: number): void;
  isDue(nowMs: number): boolean;
  /** One bounded piece. @returns readings that were found damaged */
  step(nowMs: number): number;
  /** A write failed for want of room: whatever runs is given up, and retention comes first. */
  lackRoom(): void;
}

export interface MaintenanceLimits {
  /** Readings, and bytes of the journal, that make a segment. */
  readonly chunkReadings: number;
  readonly chunkBytes: number;
  /** A segment is made at the latest after this, by the clock that never jumps. */
  readonly chunkMs: number;
}

export function createMaintenance(
  db: Database,
  journal: Journal,
  segments: SegmentTable,
  retention: Retention,
  limits: MaintenanceLimits,
): Maintenance {
  const space = createWorkspace();
  let pending = journal.totals();
  let sinceMs: number | undefined;
  let running: Generator<undefined, Compacted> | undefined;
  // Assumed at the start: a crash may have left a segment half written.
  let hasWaste = true;

  function isFull(nowMs: number): boolean {
    const { readings, bytes } = pending;
    if (readings >= limits.chunkReadings || bytes >= limits.chunkBytes) return true;
    return readings > 0 && sinceMs !== undefined && nowMs - sinceMs >= limits.chunkMs;
  }

  /** What was written of a segment that was given up does not count and is waste; the journal still has it all. */
  function giveUp(): void {
    running = undefined;
    hasWaste = true;
  }

  function stepCompaction(nowMs: number): number {
    running ??= compact(db, journal, segments, limits.chunkReadings, space);
    try {
      const { done, value } = running.next();
      if (!done) return 0;
      giveUp();
      pending = journal.totals();
      sinceMs = nowMs;
      retention.age(value.newestUs);
      return value.lost;
    } catch (thrown) {
      giveUp();
      throw thrown;
    }
  }

  return {
    committed(readings, bytes, nowMs) {
      sinceMs ??= nowMs;
      pending = { ...pending, readings: pending.readings + readings, bytes: pending.bytes + bytes };
    },
    isDue(nowMs) {
      // What an earlier run left in the journal waits its time from now on.
      sinceMs ??= nowMs;
      return running !== undefined || hasWaste || isFull(nowMs);
    },
    step(nowMs) {
      if (running === undefined && hasWaste) {
        hasWaste = retention.step();
        return 0;
      }
      return running !== undefined || isFull(nowMs) ? stepCompaction(nowMs) : 0;
    },
    lackRoom() {
      giveUp();
      retention.lackRoom();
    },
  };
}
