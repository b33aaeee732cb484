import { DatabaseSync } from "node:sqlite";
import { EdgeError } from "../../core/errors.ts";
import type { Trend, TrendQuery } from "../../ports/history.ts";
import { faultOf } from "./database.ts";
import { createJournal } from "./journal.ts";
import { createSegmentTable } from "./segment.ts";
import { createSeriesTable, type SeriesKind } from "./series.ts";
import { readTrend } from "./trend.ts";

/** The history of an agent that stands, to look at only. */
export interface HistoryReader {
  /** Blocks. */
  trend(kind: SeriesKind, name: string, query: TrendQuery): Trend;
  close(): void;
}

const BUSY_MS = 500;

/** Opens a history for reading; nothing in it is changed.
 *  @throws EdgeError HISTORY_FAILED where there is none, or an agent has it open */
export function readHistory(file: string): HistoryReader {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
    const series = createSeriesTable(db);
    const journal = createJournal(db, 0);
    const segments = createSegmentTable(db);
    const opened = db;
    return {
      trend: (kind, name, query) => readTrend(segments, journal, series.find(kind, name), query).trend,
      close: () => opened.close(),
    };
  } catch (cause) {
    db?.close();
    const isBusy = faultOf(cause) === "busy";
    const why = isBusy ? "is in use: the agent runs, so ask it with --url" : "is no history that can be read";
    throw new EdgeError("HISTORY_FAILED", `${file} ${why}`, { cause });
  }
}
