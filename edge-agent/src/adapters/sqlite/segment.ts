import type { TimeUs } from "../../core/time.ts";
import type { Database } from "./database.ts";

/** Rows of one series in one segment. */
export interface ChunkRow {
  readonly t0: TimeUs;
  readonly t1: TimeUs;
  readonly readings: number;
  /** Of these, those with a number that may be shown; `min`, `max` and `sum` are over them. */
  readonly usable: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly rows: Uint8Array;
}

export interface SegmentRow {
  readonly t0: TimeUs;
  readonly t1: TimeUs;
  /** Agent time of its first and its last batch. */
  readonly firstUs: TimeUs;
  readonly lastUs: TimeUs;
  readonly tagReadings: number;
  readonly times: Uint8Array;
}

/** The compacted part of the file. All that writes must be called within a transaction. */
export interface SegmentTable {
  /** A segment that does not count yet. */
  begin(): number;
  addChunk(segment: number, key: number, chunk: ChunkRow): void;
  /** From here on the segment counts. */
  finish(segment: number, row: SegmentRow): void;
  /** Segments with readings of fromUs..toUs, oldest first. */
  between(fromUs: TimeUs, toUs: TimeUs): Iterable<{ readonly id: number; readonly times: Uint8Array }>;
  chunk(segment: number, key: number): ChunkRow | undefined;
  /** The oldest `most` segments, or of those whose last batch is older than `beforeUs`. */
  oldest(most: number, beforeUs: TimeUs): readonly number[];
  /** The segment no longer counts. */
  invalidate(segment: number): void;
  /** A segment that does not count: dropped, or not written to its end. */
  waste(): number | undefined;
  /** Takes away at most `most` of its chunks, in the end the segment itself.
   *  @returns the segment's last entries of the event tables once it is gone */
  shrink(segment: number, most: number): Marks | undefined;
  totals(): { readonly tagReadings: number; readonly firstUs: TimeUs | undefined };
}

/** How far the event tables went when a segment ended; undefined for a segment that never counted. */
export interface Marks {
  readonly auditTo: number | undefined;
  readonly waveformTo: number | undefined;
}

// See schema.ts: 2^24 series in each of 2^29 segments are the largest whole number that a double holds exactly.
const SERIES_PER_SEGMENT = 2 ** 24;

export function createSegmentTable(db: Database): SegmentTable {
  const begin = db.prepare("INSERT INTO segment (valid) VALUES (0) RETURNING id");
  const add = db.prepare("INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const finish = db.prepare(
    `UPDATE segment SET valid = 1, t0 = ?, t1 = ?, first_us = ?, last_us = ?, tag_readings = ?, times = ?,
       audit_to = (SELECT coalesce(max(id), 0) FROM alarm_audit),
       waveform_to = (SELECT coalesce(max(id), 0) FROM waveform)
     WHERE id = ?`,
  );
  const between = db.prepare(
    "SELECT id, times FROM segment WHERE valid = 1 AND t1 >= ? AND t0 < ? ORDER BY id",
  );
  const chunk = db.prepare("SELECT * FROM chunk WHERE id = ?");
  const oldest = db.prepare("SELECT id FROM segment WHERE valid = 1 AND last_us < ? ORDER BY id LIMIT ?");
  const invalidate = db.prepare("UPDATE segment SET valid = 0 WHERE id = ?");
  const waste = db.prepare("SELECT id FROM segment WHERE valid = 0 ORDER BY id LIMIT 1");
  const lastOf = db.prepare(
    "SELECT max(id) AS last FROM (SELECT id FROM chunk WHERE id >= ? AND id < ? ORDER BY id LIMIT ?)",
  );
  const removeChunks = db.prepare("DELETE FROM chunk WHERE id >= ? AND id <= ?");
  const marks = db.prepare("SELECT audit_to, waveform_to FROM segment WHERE id = ?");
  const remove = db.prepare("DELETE FROM segment WHERE id = ?");
  const totals = db.prepare("SELECT coalesce(sum(tag_readings), 0) AS readings FROM segment WHERE valid = 1");
  const first = db.prepare("SELECT first_us FROM segment WHERE valid = 1 ORDER BY id LIMIT 1");

  return {
    begin: () => Number(begin.get()?.["id"]),
    addChunk(segment, key, row) {
      const id = segment * SERIES_PER_SEGMENT + key;
      const hasNumbers = row.usable > 0;
      add.run(
        id,
        row.t0,
        row.t1,
        row.readings,
        row.usable,
        hasNumbers ? row.min : null,
        hasNumbers ? row.max : null,
        // A sum beyond the largest double says nothing: readers then take the chunk's values one by one.
        hasNumbers && Number.isFinite(row.sum) ? row.sum : null,
        row.rows,
      );
    },
    finish(segment, row) {
      finish.run(row.t0, row.t1, row.firstUs, row.lastUs, row.tagReadings, row.times, segment);
    },
    *between(fromUs, toUs) {
      for (const row of between.iterate(fromUs, toUs)) {
        yield { id: Number(row["id"]), times: row["times"] as Uint8Array };
      }
    },
    chunk(segment, key) {
      const row = chunk.get(segment * SERIES_PER_SEGMENT + key);
      return row === undefined ? undefined : chunkOf(row);
    },
    oldest: (most, beforeUs) => oldest.all(beforeUs, most).map((row) => Number(row["id"])),
    invalidate(segment) {
      invalidate.run(segment);
    },
    waste: () => numberOrNone(waste.get()?.["id"]),
    shrink(segment, most) {
      const base = segment * SERIES_PER_SEGMENT;
      const last = lastOf.get(base, base + SERIES_PER_SEGMENT, most)?.["last"];
      if (typeof last === "number") {
        removeChunks.run(base, last);
        return undefined;
      }
      const row = marks.get(segment);
      remove.run(segment);
      return { auditTo: numberOrNone(row?.["audit_to"]), waveformTo: numberOrNone(row?.["waveform_to"]) };
    },
    totals() {
      return {
        tagReadings: Number(totals.get()?.["readings"]),
        firstUs: numberOrNone(first.get()?.["first_us"]),
      };
    },
  };
}

const numberOrNone = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

function chunkOf(row: Readonly<Record<string, unknown>>): ChunkRow {
  return {
    t0: Number(row["t0"]),
    t1: Number(row["t1"]),
    readings: Number(row["readings"]),
    usable: Number(row["usable"]),
    min: numberOrNone(row["min"]) ?? Number.NaN,
    max: numberOrNone(row["max"]) ?? Number.NaN,
    sum: numberOrNone(row["sum"]) ?? Number.NaN,
    rows: row["rows"] as Uint8Array,
  };
}
