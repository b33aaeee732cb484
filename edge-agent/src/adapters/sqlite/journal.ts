import type { TimeUs } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { type Rows, sourceTimeOf } from "./rows.ts";
import { createJournalScan, decodeJournal, encodeJournal } from "./rows-blob.ts";

/** Commits that are not compacted yet: one row each. */
export interface Journal {
  /** Within a transaction. @returns bytes that it takes */
  append(rows: Rows, about: CommitMarks): number;
  /** Number of the last item of the newest commit, where that is of this run of the agent; else 0. A disk that failed
   *  under a commit may have kept it all the same. */
  committedTo(): number;
  /** Id of the newest commit ever, also when it is no longer here. */
  readonly newestId: number;
  /** The oldest commits that hold `most` readings together, or all of them. */
  oldest(most: number): { readonly toId: number; readonly readings: number };
  /** Commits after `id` up to `toId`, oldest first, until `most` readings are together; at least one. */
  after(id: number, toId: number, most: number): readonly JournalEntry[];
  /** Readings of one series in the commits that have any of fromUs..toUs. @returns damaged commits */
  visit(
    key: number,
    fromUs: TimeUs,
    toUs: TimeUs,
    each: (timeUs: TimeUs, status: number, value: number) => void,
  ): number;
  /** Within a transaction. */
  removeTo(id: number): void;
  totals(): JournalTotals;
}

export interface CommitMarks {
  readonly tagReadings: number;
  /** Number of the last item of the commit. */
  readonly upTo: number;
}

export interface JournalEntry {
  readonly id: number;
  readonly readings: number;
  readonly tagReadings: number;
  /** undefined where the blob is damaged */
  readonly rows: Rows | undefined;
}

export interface JournalTotals {
  readonly readings: number;
  readonly tagReadings: number;
  readonly bytes: number;
  readonly firstUs: number | undefined;
}

type Row = Record<string, unknown>;

/** @param runFrom id of the newest commit of the run before */
export function createJournal(db: Database, runFrom: number): Journal {
  const insert = db.prepare(
    "INSERT INTO journal (t0, t1, first_us, readings, tag_readings, up_to, id, rows) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const after = db.prepare(
    "SELECT id, readings, tag_readings, rows FROM journal WHERE id > ? AND id <= ? ORDER BY id",
  );
  const sizes = db.prepare("SELECT id, readings FROM journal ORDER BY id");
  const between = db.prepare("SELECT rows FROM journal WHERE t1 >= ? AND t0 < ? ORDER BY id");
  const remove = db.prepare("DELETE FROM journal WHERE id <= ?");
  const totals = db.prepare(
    "SELECT coalesce(sum(readings), 0) AS readings, coalesce(sum(tag_readings), 0) AS tag_readings, coalesce(sum(length(rows)), 0) AS bytes FROM journal",
  );
  const first = db.prepare("SELECT first_us FROM journal ORDER BY id LIMIT 1");

  const last = db.prepare("SELECT id, up_to FROM journal ORDER BY id DESC LIMIT 1");
  const scan = createJournalScan();
  // Never an id again that an earlier run may have used, also when all its commits are compacted.
  let newestId = Math.max(runFrom, Number(last.get()?.["id"] ?? 0));

  return {
    append(rows, { tagReadings, upTo }) {
      const { t0, t1 } = timesOf(rows);
      const blob = encodeJournal(rows);
      const id = newestId + 1;
      insert.run(t0, t1, rows.batchTimeUs[0] ?? 0, rows.count, tagReadings, upTo, id, blob);
      newestId = id;
      return blob.length;
    },
    committedTo() {
      const row = last.get();
      return row !== undefined && Number(row["id"]) > runFrom ? Number(row["up_to"]) : 0;
    },
    get newestId() {
      return newestId;
    },
    oldest(most) {
      const sum = { toId: 0, readings: 0 };
      for (const row of sizes.iterate()) {
        sum.toId = Number(row["id"]);
        sum.readings += Number(row["readings"]);
        if (sum.readings >= most) break;
      }
      return sum;
    },
    after(id, toId, most) {
      const entries: JournalEntry[] = [];
      let readings = 0;
      for (const row of after.iterate(id, toId)) {
        const entry = entryOf(row);
        if (entries.length > 0 && readings + entry.readings > most) break;
        entries.push(entry);
        readings += entry.readings;
      }
      return entries;
    },
    visit(key, fromUs, toUs, each) {
      let damaged = 0;
      for (const row of between.iterate(fromUs, toUs)) {
        if (!scan.visit(row["rows"] as Uint8Array, key, each)) damaged += 1;
      }
      return damaged;
    },
    removeTo(id) {
      remove.run(id);
    },
    totals() {
      const row = totals.get() ?? {};
      const firstUs = first.get()?.["first_us"];
      return {
        readings: Number(row["readings"]),
        tagReadings: Number(row["tag_readings"]),
        bytes: Number(row["bytes"]),
        firstUs: firstUs === undefined ? undefined : Number(firstUs),
      };
    },
  };
}

function entryOf(row: Row): JournalEntry {
  return {
    id: Number(row["id"]),
    readings: Number(row["readings"]),
    tagReadings: Number(row["tag_readings"]),
    rows: decodeJournal(row["rows"] as Uint8Array),
  };
}

function timesOf(rows: Rows): { t0: number; t1: number } {
  let t0 = Number.POSITIVE_INFINITY;
  let t1 = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < rows.count; i += 1) {
    const timeUs = sourceTimeOf(rows, i);
    if (timeUs < t0) t0 = timeUs;
    if (timeUs > t1) t1 = timeUs;
  }
  return { t0, t1 };
}
