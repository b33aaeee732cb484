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
import { markStopped, prepareSchema, wasStoppedCleanly } from "./schema.ts";
import { createSegmentTable } from "./segment.ts";
import { createSeriesTable } from "./series.ts";
import { readTrend, type TrendResult } from "./trend.ts";

export interface StoreSettings extends DatabaseLimits, MaintenanceLimits {
  readonly file: string;
  readonly maxAgeUs: number;
}

/** The open file. Everything here blocks: it lives in a worker thread. Any SQLite error may come out of any call. */
export interface Store {
  /** The file was not closed by whoever had it before. */
  readonly isUnclean: boolean;
  readonly events: EventTables;
  findDamage(): string | undefined;
  /** Writes all of it or nothing. @returns readings of tags that nobody registered */
  commit(items: readonly Item[], nowMs: number): number;
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
  const isUnclean = !wasStoppedCleanly(db);
  const series = createSeriesTable(db);
  const journal = createJournal(db);
  const segments = createSegmentTable(db);
  const events = createEventTables(db);
  const retention = createRetention(db, segments, events, {
    pages: pagesOf(settings),
    maxAgeUs: settings.maxAgeUs,
  });
  const maintenance = createMaintenance(db, journal, segments, retention, settings);
  let tagKeys: Uint32Array = new Uint32Array(0);
  markStopped(db, false);

  function write(items: readonly Item[]) {
    const intake = takeIn(items, tagKeys, series);
    const bytes = intake.rows.count === 0 ? 0 : journal.append(intake.rows, intake.tagReadings);
    for (const item of items) writeEvent(events, item);
    return { ...intake, bytes };
  }

  return {
    isUnclean,
    events,
    findDamage: () => findDamage(db),
    commit(items, nowMs) {
      try {
        const done = transaction(db, () => write(items));
        tagKeys = done.tagKeys;
        maintenance.committed(done.rows.count, done.bytes, nowMs);
        return done.unknown;
      } catch (thrown) {
        series.reload();
        throw thrown;
      }
    },
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
        if (cleanly) markStopped(db, true);
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
