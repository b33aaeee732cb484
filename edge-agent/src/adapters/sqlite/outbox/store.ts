import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { type Database, damagedPage, findDamage, pagesOf, transaction } from "../database.ts";
import type { Moment } from "../wire.ts";
import { type BatchEntry, createBatchTable, type Epoch } from "./batch-table.ts";
import { createChores } from "./chores.ts";
import { countFile } from "./count-file.ts";
import { createDrafts } from "./drafts.ts";
import { createIntake } from "./intake.ts";
import { createLosses } from "./losses.ts";
import { createReading } from "./reading.ts";
import { createRoom } from "./room.ts";
import { beginEpoch, createStateWriter, newestEver, prepareSchema, readState } from "./schema.ts";
import { createSinkTable, type StoredSink } from "./sink-table.ts";
import type { NextQuery, OutboxSettings, OutboxStore, OutboxStoreDeps } from "./store-types.ts";
import { createTagTable } from "./tag-table.ts";

/** Damaged batches that are kept for whoever wants to look. */
const MOST_DAMAGED = 16;
const SWEEP_AT_ONCE = 1000;

/** @throws EdgeError OUTBOX_FAILED where the file must not be written to */
export function openOutboxStore(settings: OutboxSettings, deps: OutboxStoreDeps): OutboxStore {
  const db = deps.open(settings.file, settings);
  try {
    prepareSchema(db, settings.file);
    return storeOn(db, settings, deps);
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

function storeOn(db: Database, settings: OutboxSettings, deps: OutboxStoreDeps): OutboxStore {
  const before = readState(db);
  const writeState = createStateWriter(db);
  const batches = createBatchTable(db);
  const sinks = createSinkTable(db);
  const tags = createTagTable(db);
  const losses = createLosses(db, sinks);
  const reading = createReading(batches, sinks, tags);
  const drafts = createDrafts(tags);
  const room = createRoom(db, batches, {
    pages: pagesOf(settings),
    minFreeBytes: settings.minFreeBytes,
    policy: settings.policy,
    freeBytes: () => deps.freeBytes(settings.file),
  });
  const newest = batches.newest();
  const newestAtStart = newestEver(db);
  assertCounted(newestAtStart, sinks.all);
  const runFrom = settings.isNewRun ? newestAtStart : before.run_from;
  const committedTo = settings.isNewRun ? 0 : Math.max(before.up_to, newest.id > runFrom ? newest.upTo : 0);
  const epoch: Epoch = { epoch: epochName(settings.seed, deps.opened), node: settings.node };
  const epochId = beginEpoch(db, epoch.epoch, epoch.node);
  const ranBefore = Math.max(before.ran_ms, newest.ranMs);
  let lastMs = deps.nowMs;
  // Batches that every sink has: removed with what is written next.
  const done = new Map<number, BatchEntry>();
  const readers = new Set<string>();
  const intake = createIntake({
    ...{ batches, sinks, tags, losses, drafts, room, epoch, epochId },
    ...{ ranMs, writeState },
  });
  const chores = createChores({
    ...{ db, batches, sinks, intake, room, done, readers, newestAtStart },
    ...{ maxAgeMs: settings.maxAgeMs, ranMs, write },
  });

  // After a failed flush the log may be in memory alone although it can be read: copied into the file it is safe.
  if (before.stopped_cleanly === 0) db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
  transaction(db, () => {
    writeState({
      stopped_cleanly: 0,
      run_from: runFrom,
      ...(settings.isNewRun && { up_to: 0 }),
      ran_ms: ranBefore,
    });
  });

  /** The clock that stands while the agent does, and never jumps. */
  function ranMs(nowMs: number): number {
    lastMs = Math.max(lastMs, nowMs);
    return Math.round(ranBefore + Math.max(0, nowMs - deps.nowMs));
  }

  /** @param removes what every sink has goes with it */
  function write<T>(work: () => T, removes = true): T {
    const removed = removes ? [...done.values()] : [];
    try {
      const result = transaction(db, () => {
        for (const { id } of removed) batches.remove(id);
        const value = work();
        sinks.write();
        return value;
      });
      sinks.written();
      room.written();
      for (const { id } of removed) done.delete(id);
      return result;
    } catch (thrown) {
      intake.forget();
      throw thrown;
    }
  }

  function known({ sink, options }: NextQuery, now: Moment): StoredSink {
    const old = sinks.get(sink);
    readers.add(sink);
    const isSame = old?.lane === options.lane && String(old.streams) === String(options.streams);
    return old !== undefined && isSame ? old : intake.register(sink, options, now);
  }

  function keepDamaged({ id }: BatchEntry): void {
    const bytes = batches.rawBody(id) ?? null;
    db.prepare("INSERT OR REPLACE INTO damaged (id, bytes) VALUES (?, ?)").run(id, bytes);
    db.prepare("DELETE FROM damaged WHERE id NOT IN (SELECT id FROM damaged ORDER BY id DESC LIMIT ?)").run(
      MOST_DAMAGED,
    );
  }

  function discard(isOne: (entry: BatchEntry) => boolean, now: Moment): void {
    let from = 0;
    for (;;) {
      const entries = batches.between(from, Number.POSITIVE_INFINITY, SWEEP_AT_ONCE);
      const last = entries.at(-1);
      if (last === undefined || entries.every(({ epochId: id }) => id === epochId)) return;
      from = last.id + 1;
      write(() => {
        intake.giveUp(entries.filter(isOne), "operator", now);
        intake.write(0, now);
      });
    }
  }

  return {
    epoch: epoch.epoch,
    isUnclean: before.stopped_cleanly === 0,
    committedTo,
    findDamage: () => findDamage(db),
    commit(items, upTo, now) {
      return write(() => {
        const unknown = intake.take(items, now);
        for (const item of items) if (item.kind === "sink") readers.add(item.sink);
        const written = intake.write(upTo, now);
        return {
          unknown,
          rows: written.reduce((sum, { rows }) => sum + rows, 0),
          bytes: written.reduce((sum, { bytes }) => sum + bytes.length, 0),
        };
      });
    },
    rehearse(item, now) {
      const takeBack = new Error("taken back");
      try {
        write(() => {
          intake.take([item], now);
          intake.write(0, now);
          throw takeBack;
        });
      } catch (thrown) {
        if (thrown !== takeBack) throw thrown;
      }
    },
    next(query, now) {
      const moment = { ranMs: ranMs(now.nowMs), runFrom };
      const newestBefore = batches.newest().id;
      for (;;) {
        const found = reading.next(known(query, now), query.rows, moment);
        if (found.damaged.length === 0) return found;
        // The gap that tells of the damage is damaged too: each look would write another one, for ever.
        const own = found.damaged.find(({ id }) => id > newestBefore);
        if (own !== undefined) throw damagedPage(`batch ${own.id} reads as another than was just written`);
        write(() => {
          for (const entry of found.damaged) keepDamaged(entry);
          const damaged = found.damaged.map((entry) => ({ ...entry, rows: batches.rowsIn(entry) }));
          const gone = intake.giveUp(damaged, "corrupt", now);
          // It would be found again, for ever.
          if (gone.length === 0) throw damagedPage(`batch ${found.damaged[0]?.id} cannot be removed`);
          intake.write(0, now);
        });
      }
    },
    ahead(name, rows) {
      const sink = sinks.get(name);
      if (sink !== undefined) reading.ahead(sink, rows);
    },
    confirm(name, names, now) {
      const sink = sinks.get(name);
      if (sink === undefined) return;
      const gone = reading.confirm(sink, names, ranMs(now.nowMs));
      // Also where it cannot be written: they do not come again before the next start.
      for (const entry of gone) done.set(entry.id, entry);
      write(() => undefined, false);
    },
    statistics: () => ({
      bytes: sizeOf(settings.file) + sizeOf(`${settings.file}-wal`),
      epoch: epoch.epoch,
      ...countFile({ batches, sinks, losses, done }),
    }),
    dropped: () => losses.take(),
    lackRoom: () => room.lack(),
    hasWork: (nowMs) => chores.isDue(nowMs),
    step: (now) => chores.step(now),
    discard(what, now) {
      const { kind } = what;
      if (kind === "all") discard(() => true, now);
      else if (kind === "before") discard(({ toUs }) => toUs < what.timeUs, now);
      else {
        discard(({ stream, id }) => {
          const waiting = stream === undefined ? [] : sinks.waitingFor(stream, id);
          return waiting.length === 1 && waiting[0]?.name === what.sink;
        }, now);
        sinks.remove(what.sink);
        write(() => undefined);
      }
    },
    close(cleanly) {
      try {
        const ran_ms = ranMs(lastMs);
        write(() => writeState({ ran_ms, ...(cleanly && { stopped_cleanly: 1 }) }));
      } finally {
        db.close();
      }
    },
  };
}

/** Numbers that are given once more lie behind the cursors: no sink would ever be given what has them. */
function assertCounted(newest: number, sinks: readonly StoredSink[]): void {
  for (const { name, cursor } of sinks) {
    // What follows on the last range has none.
    const confirmed = (cursor.at(-1)?.from ?? 1) - 1;
    if (confirmed > newest)
      throw damagedPage(
        `${name} confirmed batch ${confirmed}, and the counter of batches stands at ${newest}`,
      );
  }
}

const epochName = (seed: string, opened: number): string =>
  createHash("sha256").update(`${seed}:${opened}`).digest("hex").slice(0, 16);

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
