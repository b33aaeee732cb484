// What the tests of this folder share.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ReadingBatch, Value } from "../../core/reading.ts";
import type { Tag } from "../../core/tag.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Telemetry, TelemetryEvent } from "../../ports/telemetry.ts";
import { blockBytes, blockColumns } from "./block.ts";
import type { Connect } from "./link.ts";
import type { Item } from "./messages.ts";
import type { HistoryOptions } from "./options.ts";
import { Kind, type Rows, sourceTimeOf } from "./rows.ts";
import { decodeChunk, decodeJournal, decodeTimes } from "./rows-blob.ts";
import { createServer } from "./server.ts";
import { createStaging } from "./staging.ts";
import type { StoreSettings } from "./store.ts";

export const MINUTE_US = 60e6;
export const DAY_US = 86_400e6;
/** 2026-01-01T00:00:00Z */
export const START_US = 1_767_225_600_000_000;

export const never: AbortSignal = new AbortController().signal;

/** A folder that is gone after the test. */
export function tempFolder(): Disposable & { readonly path: string; file(name?: string): string } {
  const path = mkdtempSync(join(tmpdir(), "stethos-history-"));
  return {
    path,
    file: (name = "history.db") => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** A logger that remembers. */
export function createTestLogger(): Logger & {
  readonly lines: { level: string; message: string; fields: object }[];
} {
  const lines: { level: string; message: string; fields: object }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields });
  const logger = {
    lines,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: () => logger,
  };
  return logger;
}

export function createTestTelemetry(): Telemetry & { readonly lost: () => number } {
  const events: TelemetryEvent[] = [];
  return {
    emit: (event) => void events.push(event),
    lost: () => events.reduce((sum, event) => sum + (event.kind === "history-lost" ? event.count : 0), 0),
  };
}

export const settingsFor = (file: string, more: Partial<StoreSettings> = {}): StoreSettings => ({
  file,
  isNewRun: true,
  maxBytes: 64 * 2 ** 20,
  maxAgeUs: 30 * DAY_US,
  chunkMs: 3_600_000,
  chunkReadings: 1_000_000,
  chunkBytes: 8 * 2 ** 20,
  ...more,
});

export const optionsFor = (file: string, more: Partial<HistoryOptions> = {}): HistoryOptions => ({
  file,
  maxBytes: 64 * 2 ** 20,
  maxAgeDays: 30,
  commitIntervalMs: 250,
  queueBytes: 4 * 2 ** 20,
  chunkMinutes: 60,
  chunkReadings: 1_000_000,
  queryTimeoutMs: 10_000,
  ...more,
});

export function tagsNamed(...ids: readonly string[]): Tag[] {
  const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
  return ids.map((id) => ({
    id,
    path,
    name: id,
    device: "plc",
    protocol: "s7",
    address: "DB1,REAL0",
    unit: "Cel",
    scale: 1,
    offset: 0,
  }));
}

/** One reading of a batch; what is left out is ordinary. */
export interface Given {
  readonly tag?: number;
  readonly value?: number;
  readonly status?: number;
  readonly sourceTimeUs?: number;
  readonly sequence?: number;
  readonly other?: Value | undefined;
}

export function batchOf(agentTimeUs: number, given: readonly Given[]): ReadingBatch {
  return {
    count: given.length,
    tag: Uint32Array.from(given, ({ tag }) => tag ?? 0),
    value: Float64Array.from(given, ({ value }) => value ?? Number.NaN),
    status: Uint32Array.from(given, ({ status }) => status ?? 0),
    sourceTimeUs: Float64Array.from(given, ({ sourceTimeUs }) => sourceTimeUs ?? agentTimeUs),
    agentTimeUs,
    sequence: Float64Array.from(given, ({ sequence }) => sequence ?? 1),
    other: new Map(given.flatMap(({ other }, i) => (other === undefined ? [] : [[i, other] as const]))),
  };
}

/** Batches as the items of a commit. */
export function blocksOf(...batches: readonly ReadingBatch[]): Item[] {
  const items: Item[] = [];
  const staging = createStaging((block) => items.push({ kind: "block", block }));
  for (const batch of batches) staging.add(batch);
  const rest = staging.take();
  if (rest !== undefined) items.push({ kind: "block", block: rest });
  return items;
}

/** A block of `rows` readings of tag 0 that are all the same; quick to make. */
export function blockOfRows(rows: number): Item {
  const buffer = new ArrayBuffer(blockBytes(rows));
  const columns = blockColumns(buffer, rows);
  columns.batchTimeUs[0] = START_US;
  columns.batchEnd[0] = rows;
  columns.sourceTimeUs.fill(START_US);
  return { kind: "block", block: { buffer, capacity: rows, rows, batches: 1, texts: [] } };
}

/** The worker's work done in the test's own thread, so that time stands still meanwhile. */
export const inProcess: Connect = (settings) => {
  const server = createServer(settings);
  return { ask: async (request) => server.handle(request), end: async () => undefined };
};

/** A reading as it lies in the file. */
export interface Found {
  readonly series: string;
  readonly timeUs: number;
  readonly agentUs: number;
  readonly status: number;
  readonly sequence: number;
  readonly value: Value;
}

/** Every reading of a file, read past the adapter's own queries: the oracle of many tests. */
export function readAll(file: string): readonly Found[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const names = new Map(
      db
        .prepare("SELECT key, kind, name FROM series")
        .all()
        .map((row) => [Number(row["key"]), `${row["kind"]} ${row["name"]}`]),
    );
    const found: Found[] = [];
    const add = (rows: Rows | undefined) => {
      if (rows === undefined) throw new TypeError("a blob is damaged");
      found.push(...foundIn(rows, names));
    };
    const times = new Map(
      db
        .prepare("SELECT id, times FROM segment WHERE valid = 1")
        .all()
        .map((row) => [Number(row["id"]), decodeTimes(row["times"] as Uint8Array)]),
    );
    for (const row of db.prepare("SELECT id, rows FROM chunk ORDER BY id").iterate()) {
      const segment = Math.floor(Number(row["id"]) / 2 ** 24);
      const batchTimeUs = times.get(segment);
      if (batchTimeUs === undefined) continue;
      const rows = decodeChunk(row["rows"] as Uint8Array);
      const key = new Uint32Array(rows?.count ?? 0).fill(Number(row["id"]) % 2 ** 24);
      add(rows && { ...rows, key, batchTimeUs });
    }
    for (const row of db.prepare("SELECT rows FROM journal ORDER BY id").iterate()) {
      add(decodeJournal(row["rows"] as Uint8Array));
    }
    return found;
  } finally {
    db.close();
  }
}

function foundIn(rows: Rows, names: ReadonlyMap<number, string>): Found[] {
  let text = 0;
  return Array.from({ length: rows.count }, (_, i) => {
    const kind = rows.kind[i];
    const number = rows.value[i] as number;
    const plain = Number.isNaN(number) ? null : number;
    return {
      series: names.get(rows.key[i] as number) ?? "unknown",
      timeUs: sourceTimeOf(rows, i),
      agentUs: rows.batchTimeUs[rows.batch[i] as number] as number,
      status: rows.status[i] as number,
      sequence: rows.sequence[i] as number,
      value:
        kind === Kind.text
          ? (JSON.parse(rows.texts[text++] as string) as Value)
          : kind === Kind.boolean
            ? number === 1
            : plain,
    };
  });
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
