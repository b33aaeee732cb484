import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeError, EdgeError } from "../../../core/errors.ts";
import { type OutboundTag, type OutboxBatch, STREAMS, type Stream } from "../../../core/outbox/outbound.ts";
import type { TimeUs } from "../../../core/time.ts";
import type { OutboxStatistics } from "../../../ports/outbox.ts";
import { type Database, faultOf, findDamage } from "../database.ts";
import { readableRows } from "../quarantine.ts";
import { type BatchEntry, type BatchTable, createBatchTable } from "./batch-table.ts";
import { textChecksum } from "./checksum.ts";
import { countFile } from "./count-file.ts";
import { createLosses } from "./losses.ts";
import type { Dropped, FoundBatch } from "./messages.ts";
import { outboxOptions } from "./options.ts";
import { rowsOf } from "./rows.ts";
import { createSinkTable } from "./sink-table.ts";
import { openOutboxStore } from "./store.ts";
import { type Discard, systemDeps } from "./store-types.ts";

/** What is in an outbox that no agent has open. */
export interface OutboxReport {
  readonly file: string;
  readonly bytes: number;
  /** What SQLite finds wrong. */
  readonly damage: string | undefined;
  readonly streams: readonly StreamReport[];
  readonly dropped: OutboxStatistics["dropped"];
  readonly sinks: OutboxStatistics["sinks"];
  /** Damaged files that were set aside before. */
  readonly aside: readonly string[];
}

export interface StreamReport {
  readonly stream: Stream;
  readonly batches: number;
  readonly rows: number;
  /** Batches of which a bit is another than was written. */
  readonly damaged: number;
  readonly oldestUs: TimeUs;
  readonly newestUs: TimeUs;
}

/** Looks at every byte of an outbox.
 *  @returns undefined where an agent has it open
 *  @throws EdgeError OUTBOX_FAILED where there is nothing to look at */
export function examineOutbox(file: string): OutboxReport | undefined {
  const bytes = sizeOf(file);
  if (isInUse(file)) return undefined;
  const aside = asideOf(file);
  const empty: OutboxReport = { file, bytes, damage: undefined, streams: [], dropped: [], sinks: [], aside };
  try {
    return reading(file, (db) => {
      const damage = findDamage(db);
      const batches = createBatchTable(db);
      const sinks = createSinkTable(db);
      const counts = countFile({ batches, sinks, losses: createLosses(db, sinks), done: new Map() });
      const streams = streamsIn(batches);
      return { ...empty, damage, streams, dropped: counts.dropped, sinks: counts.sinks };
    });
  } catch (thrown) {
    if (faultOf(thrown) === undefined) throw thrown;
    return { ...empty, damage: describeError(thrown) };
  }
}

function streamsIn(batches: BatchTable): readonly StreamReport[] {
  const found = new Map<Stream, StreamReport>();
  for (const entry of entriesOf(batches)) {
    const { stream = "readings", rows, committedUs } = entry;
    const before = found.get(stream) ?? emptyReport(stream, committedUs);
    const isDamaged = bodyOf(batches, entry) === undefined;
    found.set(stream, {
      stream,
      batches: before.batches + 1,
      rows: before.rows + rows,
      damaged: before.damaged + (isDamaged ? 1 : 0),
      oldestUs: Math.min(before.oldestUs, committedUs),
      newestUs: Math.max(before.newestUs, committedUs),
    });
  }
  return STREAMS.flatMap((stream) => found.get(stream) ?? []);
}

const emptyReport = (stream: Stream, atUs: TimeUs): StreamReport => ({
  stream,
  batches: 0,
  rows: 0,
  damaged: 0,
  oldestUs: atUs,
  newestUs: atUs,
});

/** Every batch of a file that its checksum vouches for, and undefined for each that is damaged. Of a file that is damaged
 *  itself: what can be read from its beginning on and from its end back.
 *  @throws EdgeError OUTBOX_FAILED where an agent has it open, or nothing of it can be read */
export function* readableBatches(file: string): Generator<OutboxBatch | undefined> {
  sizeOf(file);
  if (isInUse(file)) throw new EdgeError("OUTBOX_FAILED", `${file} is in use by an agent; stop that first`);
  const tags = readableTags(file);
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const batches = createBatchTable(db);
    for (const entry of entriesOf(batches)) {
      const body = bodyOf(batches, entry);
      yield body === undefined ? undefined : batchOf(entry, body, tags);
    }
  } catch (thrown) {
    if (faultOf(thrown) === undefined) throw thrown;
    throw new EdgeError("OUTBOX_FAILED", `${file} cannot be read any more: ${describeError(thrown)}`, {
      cause: thrown,
    });
  } finally {
    db.close();
  }
}

type Found = Pick<FoundBatch, "content" | "epoch" | "node">;

/** A batch as it was put in; undefined where it is damaged, or its page is. */
function bodyOf(batches: BatchTable, entry: BatchEntry): Found | undefined {
  try {
    const body = batches.body(entry);
    const name = batches.epochOf(entry.epochId);
    const { stream } = entry;
    if (body === undefined || name === undefined || stream === undefined) return undefined;
    if (body.form === "columns") return { ...name, content: { stream: "readings", columns: body } };
    if (stream === "readings") return undefined;
    const json = body.documents.map((text) => Buffer.from(text).toString());
    return { ...name, content: { stream, json } };
  } catch (thrown) {
    if (faultOf(thrown) === "corrupt") return undefined;
    throw thrown;
  }
}

function batchOf(
  { id: number, committedUs }: BatchEntry,
  { epoch, node, content }: Found,
  tags: ReadonlyMap<number, OutboundTag>,
): OutboxBatch | undefined {
  const keys = content.stream === "readings" ? content.columns.keys : [];
  for (const key of keys) if (!tags.has(key)) return undefined;
  const rows = rowsOf(content, (key) => tags.get(key));
  return { node, epoch, number, committedUs, isBacklog: true, content: rows };
}

/** Entries from the first on; where a page between cannot be read, then from the last one back. */
function* entriesOf(batches: BatchTable): Generator<BatchEntry> {
  let last = 0;
  try {
    for (const entry of batches.all("rising")) {
      last = entry.id;
      yield entry;
    }
  } catch (thrown) {
    if (faultOf(thrown) !== "corrupt") throw thrown;
    yield* entriesBack(batches, last);
  }
}

function* entriesBack(batches: BatchTable, downTo: number): Generator<BatchEntry> {
  try {
    for (const entry of batches.all("falling")) {
      if (entry.id <= downTo) return;
      yield entry;
    }
  } catch (thrown) {
    if (faultOf(thrown) !== "corrupt") throw thrown;
  }
}

function readableTags(file: string): ReadonlyMap<number, OutboundTag> {
  const rows = readableRows(file, "SELECT key, json, crc FROM tag");
  return new Map(
    rows.flatMap((row) => {
      const key = Number(row["key"]);
      const json = String(row["json"]);
      const isSound = textChecksum(key, json) === Number(row["crc"]);
      return isSound ? [[key, JSON.parse(json) as OutboundTag] as const] : [];
    }),
  );
}

export interface DiscardDeps {
  readonly nowUs: TimeUs;
  /** What the name of the epoch comes from in which the gap is told. */
  readonly seed: string;
}

/** Gives up what an operator names, and tells the sinks of it as a gap.
 *  @throws EdgeError OUTBOX_FAILED where an agent has the file open */
export function discardFrom(file: string, what: Discard, { nowUs, seed }: DiscardDeps): readonly Dropped[] {
  sizeOf(file);
  if (isInUse(file)) throw new EdgeError("OUTBOX_FAILED", `${file} is in use by an agent; stop that first`);
  const [newest] = readableRows(file, "SELECT node FROM epoch ORDER BY id DESC LIMIT 1");
  const { policy } = outboxOptions.parse({ file });
  const settings = {
    ...{ file, seed, policy, node: String(newest?.["node"] ?? ""), isNewRun: true },
    ...{ maxBytes: Number.MAX_SAFE_INTEGER / 2 ** 20, maxAgeMs: Number.POSITIVE_INFINITY, minFreeBytes: 0 },
  };
  const store = openOutboxStore(settings, { ...systemDeps, opened: 0, nowMs: 0 });
  try {
    store.discard(what, { nowUs, nowMs: 0 });
    return store.dropped();
  } finally {
    store.close(true);
  }
}

function sizeOf(file: string): number {
  if (!existsSync(file)) throw new EdgeError("OUTBOX_FAILED", `there is no outbox ${file}; check the path`);
  return statSync(file).size;
}

function asideOf(file: string): readonly string[] {
  const start = `${basename(file)}.corrupt-`;
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(start) && !/-(wal|shm)$/.test(name))
    .map((name) => join(dirname(file), name));
}

function isInUse(file: string): boolean {
  try {
    return reading(file, (db) => db.prepare("SELECT count(*) FROM sqlite_master").get() === undefined);
  } catch (thrown) {
    return faultOf(thrown) === "busy";
  }
}

function reading<T>(file: string, look: (db: Database) => T): T {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return look(db);
  } finally {
    db.close();
  }
}
