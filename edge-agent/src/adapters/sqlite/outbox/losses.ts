import { MOST_ROWS } from "../../../core/outbox/batch-codec.ts";
import type { Gap, Stream } from "../../../core/outbox/outbound.ts";
import type { Database } from "../database.ts";
import type { BatchEntry } from "./batch-table.ts";
import type { Dropped } from "./messages.ts";
import type { SinkTable } from "./sink-table.ts";

/** What was given up: counted by stream and cause, and told to whom it concerns. All within a transaction. */
export interface Losses {
  /** @param entries what is no longer there
   *  @returns gaps to be told, and what telemetry should hear; nothing where nobody waited for them any more */
  giveUp(entries: readonly BatchEntry[], cause: Dropped["cause"], nowUs: number): readonly Gap[];
  /** What was given up elsewhere, and is known to whoever counts. */
  count(gap: Gap): void;
  /** The same, and news. */
  refuse(gap: Gap): void;
  totals(): readonly Dropped[];
  /** What was counted since the last call. */
  take(): readonly Dropped[];
  /** The transaction was rolled back. */
  forget(): void;
}

/** Gaps that are kept for whoever looks into the file. */
const MOST_GAPS = 1000;
/** The year 2112. */
const MOST_TIME_US = 2 ** 52;

export function createLosses(db: Database, sinks: SinkTable): Losses {
  const add = db.prepare(
    "INSERT INTO dropped (stream, cause, rows) VALUES (?1, ?2, ?3) ON CONFLICT (stream, cause) DO UPDATE SET rows = rows + ?3",
  );
  const totals = db.prepare("SELECT stream, cause, rows FROM dropped ORDER BY stream, cause");
  const keep = db.prepare("INSERT INTO gap (json) VALUES (?)");
  const trim = db.prepare("DELETE FROM gap WHERE id <= ?");
  let fresh: Dropped[] = [];

  // Where nobody can tell how many they were, it was one at least.
  const leastOf = (rows: number): number => (rows < 0 ? 1 : rows);

  function count(stream: Stream, cause: Dropped["cause"], rows: number): void {
    add.run(stream, cause, leastOf(rows));
    fresh.push({ stream, cause, rows: leastOf(rows) });
  }

  function note(gap: Gap): void {
    const id = Number(keep.run(JSON.stringify(gap)).lastInsertRowid);
    trim.run(id - MOST_GAPS);
  }

  return {
    giveUp(entries, cause, nowUs) {
      const gaps = new Map<string, Gap>();
      for (const entry of entries) {
        const stream = entry.stream ?? "readings";
        const waiting = sinks.waitingFor(stream, entry.id);
        // Nobody asked for it, or everybody has it: only the second is no loss.
        if (waiting.length === 0 && sinks.all.length > 0 && sinks.wants(stream)) continue;
        count(stream, cause, rowsOf(entry));
        // Where only some miss them, each hears of it by its name.
        const wanting = sinks.all.filter((sink) => sink.streams.includes(stream));
        const missing = waiting.length === wanting.length ? [undefined] : waiting.map(({ name }) => name);
        for (const sink of missing) {
          const key = `${stream} ${sink ?? ""}`;
          gaps.set(key, widened(gaps.get(key), gapOf(entry, stream, cause, sink, nowUs)));
        }
      }
      for (const gap of gaps.values()) note(gap);
      return [...gaps.values()];
    },
    count(gap) {
      add.run(gap.stream, gap.cause, leastOf(gap.rows));
      note(gap);
    },
    refuse(gap) {
      count(gap.stream, gap.cause, gap.rows);
      note(gap);
    },
    totals: () =>
      totals.all().map((row) => ({
        stream: String(row["stream"]) as Stream,
        cause: String(row["cause"]) as Dropped["cause"],
        rows: Number(row["rows"]),
      })),
    take() {
      const taken = fresh;
      fresh = [];
      return taken;
    },
    forget() {
      fresh = [];
    },
  };
}

/** What an entry says of itself, where it can be believed: it may be damaged. */
const rowsOf = ({ rows }: BatchEntry): number => (rows >= 1 && rows <= MOST_ROWS ? Math.floor(rows) : -1);

function gapOf(
  entry: BatchEntry,
  stream: Stream,
  cause: Dropped["cause"],
  sink: string | undefined,
  noticedUs: number,
): Gap {
  const isSpan = entry.fromUs >= 0 && entry.fromUs <= entry.toUs && entry.toUs <= MOST_TIME_US;
  const span = isSpan ? entry : { fromUs: noticedUs, toUs: noticedUs };
  const { fromUs, toUs } = span;
  return { stream, cause, ...(sink !== undefined && { sink }), rows: rowsOf(entry), fromUs, toUs, noticedUs };
}

const widened = (gap: Gap | undefined, more: Gap): Gap =>
  gap === undefined
    ? more
    : {
        ...gap,
        rows: gap.rows < 0 || more.rows < 0 ? -1 : gap.rows + more.rows,
        fromUs: Math.min(gap.fromUs, more.fromUs),
        toUs: Math.max(gap.toUs, more.toUs),
      };
