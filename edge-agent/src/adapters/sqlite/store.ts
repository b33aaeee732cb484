import { statSync } from "node:fs";
import {
  type Database,
  type DatabaseLimits,
  findDamage,
  openDatabase,
  pagesOf,
  transaction,
} from "./database.ts";
import { createEventTables, type EventTables } from "./events.ts";
import { takeIn } from "./intake.ts";
import { createJournal } from "./journal.ts";
import { createMaintenance, type MaintenanceLimits } from "./maintenance.ts";
import type { FileStatistics, Item, Query } from "./messages.ts";
import { createRetention } from "./retention.ts";
import { prepareSchema, readState, writeState } from "./schema.ts";
import { createSegmentTable } from "./segment.ts";
import { createSeriesTable } from "./series.ts";
import { readTrend, type TrendResult } from "./trend.ts";

export interface StoreSettings extends DatabaseLimits, MaintenanceLimits {
  readonly file: string;
  /** False where this run of the agent had the file open before: with a worker that died since. */
  readonly isNewRun: boolean;
  readonly maxAgeUs: number;
}

/** The open file. Everything here blocks: it lives in a worker thread. Any SQLite error may come out of any call. */
export interface Store {
  /** The file was not closed by whoever had it before. */
  readonly isUnclean: boolean;
  readonly events: EventTables;
  findDamage(): string | undefined;
  /** Writes all of it or nothing. @returns readings of tags that nobody registered
   *  @param upTo number of the last item */
  commit(items: readonly Item[], upTo: number, nowMs: number): number;
  /** Writes an item and takes it back. @throws what writing it throws */
  rehearse(item: Item): void;
  /** Number of the last item of this run that was on the disk when the file was opened; 0 where there was none. */
  readonly committedTo: number;
  trend(query: Extract<Query, { kind: "trend" }>): TrendResult;
  statistics(): FileStatistics;
  hasWork(nowMs: number): boolean;
  /** One bounded piece of work. @returns readings that were found damaged */
  step(nowMs: number): number;
  lackRoom(): void;
  /** @param cleanly the next start need not look for damage */
  close(cleanly: boolean): void;
}

/** @throws EdgeError HISTORY_FAILED where the file must not be written to */
export function openStore(settings: StoreSettings, open: typeof openDatabase = openDatabase): Store {
  const db = open(settings.file, settings);
  try {
    prepareSchema(db, settings.file);
    return storeOn(db, settings);
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

function storeOn(db: Database, settings: StoreSettings): Store {
  const before = readState(db);
  const series = createSeriesTable(db);
  const journal = createJournal(db, before.runFrom);
  const segments = createSegmentTable(db);
  const events = createEventTables(db);
  const retention = createRetention(db, segments, events, {
    pages: pagesOf(settings),
    maxAgeUs: settings.maxAgeUs,
  });
  const maintenance = createMaintenance(db, journal, segments, retention, settings);
  let tagKeys: Uint32Array = new Uint32Array(0);
  const runFrom = settings.isNewRun ? journal.newestId : before.runFrom;
  writeState(db, { stoppedCleanly: 0, runFrom });

  function write(items: readonly Item[], upTo: number) {
    const intake = takeIn(items, tagKeys, series);
    const { rows, tagReadings } = intake;
    const bytes = rows.count === 0 ? 0 : journal.append(rows, { tagReadings, upTo });
    for (const item of items) writeEvent(events, item);
    return { ...intake, bytes };
  }

  return {
    isUnclean: before.stoppedCleanly === 0,
    events,
    findDamage: () => findDamage(db),
    commit(items, upTo, nowMs) {
      try {
        const done = transaction(db, () => write(items, upTo));
        tagKeys = done.tagKeys;
        maintenance.committed(done.rows.count, done.bytes, nowMs);
        return done.unknown;
      } catch (thrown) {
        series.reload();
        throw thrown;
      }
    },
    rehearse(item) {
      const takeBack = new Error("taken back");
      try {
        transaction(db, () => {
          write([item], 0);
          throw takeBack;
        });
      } catch (thrown) {
        series.reload();
        if (thrown !== takeBack) throw thrown;
      }
    },
    committedTo: settings.isNewRun ? 0 : journal.committedTo(),
    trend: ({ series: kind, name, query }) => readTrend(segments, journal, series.find(kind, name), query),
    statistics() {
      const old = segments.totals();
      const recent = journal.totals();
      return {
        bytes: sizeOf(settings.file) + sizeOf(`${settings.file}-wal`),
        readings: old.tagReadings + recent.tagReadings,
        oldestUs: old.firstUs ?? recent.firstUs,
      };
    },
    hasWork: (nowMs) => maintenance.isDue(nowMs),
    step: (nowMs) => maintenance.step(nowMs),
    lackRoom: () => maintenance.lackRoom(),
    close(cleanly) {
      try {
        if (cleanly) writeState(db, { stoppedCleanly: 1, runFrom });
      } finally {
        db.close();
      }
    },
  };
}

function writeEvent(events: EventTables, item: Item): void {
  if (item.kind === "alarm") events.saveAlarm(item.alarm, item.atUs);
  else if (item.kind === "waveform") events.saveWaveform(item.alarm, item.stored);
  else if (item.kind === "baseline") events.saveBaseline(item.baseline);
  else if (item.kind === "no-baseline") events.removeBaseline(item.sensor);
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
