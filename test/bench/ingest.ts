import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay, setImmediate as yielded } from "node:timers/promises";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createCounters } from "../../edge-agent/src/adapters/node/counters.ts";
import { createLogger } from "../../edge-agent/src/adapters/node/logger.ts";
import { systemRandom } from "../../edge-agent/src/adapters/node/random.ts";
import { createHistory } from "../../edge-agent/src/adapters/sqlite/history.ts";
import { historyOptions } from "../../edge-agent/src/adapters/sqlite/options.ts";
import { outboxOptions } from "../../edge-agent/src/adapters/sqlite/outbox/options.ts";
import { createOutbox } from "../../edge-agent/src/adapters/sqlite/outbox/outbox.ts";
import type { RawBatch, ReadingBatch } from "../../edge-agent/src/core/reading.ts";
import type { Tag } from "../../edge-agent/src/core/tag.ts";
import { createNormaliser } from "../../edge-agent/src/flow/normalise.ts";
import type { Outbox } from "../../edge-agent/src/ports/outbox.ts";
import { type Bench, type Figures, median, type Report } from "./harness.ts";

const DEVICES = 20;
const TAGS_A_DEVICE = 500;
const SCANS = 300;
const BARE_SCANS = 40;
const ROUNDS = 3;
/** Handed over and not yet on the disk: less than what the queues hold. */
const MOST_AHEAD = 300_000;
const START_US = 1_767_225_600_000_000;
const PERIOD_US = 100_000;
const never = new AbortController().signal;

/** What one scan of a device gives: single-precision sensors, scaled integers, counters, switches that seldom change. */
function scanOf(device: number, scan: number): RawBatch {
  const value = Float64Array.from({ length: TAGS_A_DEVICE }, (_, tag) => {
    const noise = Math.sin((scan * 7919 + tag * 104_729 + device) % 6.2831);
    if (tag % 10 < 6) return Math.fround(50 + 10 * noise);
    if (tag % 10 < 8) return Math.round(500 + 100 * noise) / 10;
    return tag % 10 === 8 ? scan * 3 + tag : Number((scan >> 6) % 2 === 0);
  });
  return {
    count: TAGS_A_DEVICE,
    tag: Uint32Array.from({ length: TAGS_A_DEVICE }, (_, tag) => tag),
    value,
    status: new Uint32Array(TAGS_A_DEVICE),
    sourceTimeUs: new Float64Array(TAGS_A_DEVICE).fill(START_US + scan * PERIOD_US),
    other: new Map(),
  };
}

const path = { site: "site", area: "area", line: "line", cell: "cell", asset: "asset" };
const tagsOf = (device: number): Tag[] =>
  Array.from({ length: TAGS_A_DEVICE }, (_, tag) => ({
    id: `site/area/line/cell/asset${device}/t${tag}`,
    path,
    name: `t${tag}`,
    device: `plc${device}`,
    protocol: "s7",
    address: `DB1,REAL${tag * 4}`,
    unit: "Cel",
    scale: 1,
    offset: 0,
  }));

/** Bytes that this process had written to disks. */
async function written(): Promise<number> {
  return Number(/^write_bytes: (\d+)$/m.exec(await readFile("/proc/self/io", "utf8"))?.[1] ?? Number.NaN);
}

interface Measured {
  readonly perS: number;
  readonly bytes: number;
}

async function measured(rows: number, work: () => Promise<void>): Promise<Measured> {
  const before = await written();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  return { perS: (1000 * rows) / ms, bytes: ((await written()) - before) / rows };
}

/** A sink that takes everything as fast as it comes. */
async function drain(outbox: Outbox, rows: number): Promise<void> {
  const reader = outbox.reader("sink", { streams: ["readings", "gaps"], lane: "in-order" });
  for (let taken = 0; taken < rows; ) {
    const batches = await reader.next({ rows: 5000 }, never);
    for (const { content } of batches) {
      if (content.stream !== "readings")
        throw new Error("the outbox lost readings; the figures would be too good");
      taken += content.count;
    }
    await reader.confirm(batches);
  }
}

/** Scans through normalising into the outbox, which a sink drains, and into the history; all of it on the disk at last. */
async function pipeline(folder: string, hasHistory: boolean): Promise<Measured> {
  const deps = {
    clock: createSystemClock(),
    logger: createLogger("error", true),
    telemetry: createCounters(),
  };
  const outbox = await createOutbox(
    outboxOptions.parse({ file: join(folder, "outbox.db"), minFreeBytes: 0 }),
    {
      ...deps,
      random: systemRandom,
      node: "bench",
    },
  );
  const history = hasHistory
    ? await createHistory(historyOptions.parse({ file: join(folder, "history.db") }), deps)
    : undefined;
  const tags = Array.from({ length: DEVICES }, (_, device) => tagsOf(device));
  outbox.registerTags(tags.flat());
  history?.registerTags(tags.flat());
  const normalisers = tags.map((list, device) =>
    createNormaliser(
      list,
      Uint32Array.from(list, (_, i) => device * TAGS_A_DEVICE + i),
    ),
  );
  const scans = Array.from({ length: 8 }, (_, scan) =>
    tags.map((_list, device) => scanOf(device, scan * 37)),
  );
  const rows = SCANS * DEVICES * TAGS_A_DEVICE;

  async function isAhead(): Promise<boolean> {
    const outboxAhead = (await outbox.statistics(never)).uncommitted;
    const historyAhead = (await history?.statistics(never))?.uncommitted ?? 0;
    return Math.max(outboxAhead, historyAhead) > MOST_AHEAD;
  }

  async function feed(): Promise<void> {
    for (let scan = 0; scan < SCANS; scan += 1) {
      for (const [device, normaliser] of normalisers.entries()) {
        const raw = scans[scan % scans.length]?.[device];
        const batch: ReadingBatch | undefined = raw && normaliser.normalise(raw, START_US + scan * PERIOD_US);
        if (batch === undefined) throw new Error("a scan gave nothing");
        outbox.append(batch);
        history?.append(batch);
      }
      await yielded();
      while (scan % 5 === 4 && (await isAhead())) await delay(5);
    }
    await Promise.all([outbox.flush(never), history?.flush(never)]);
  }

  const figures = await measured(rows, async () => {
    await Promise.all([feed(), drain(outbox, rows)]);
  });
  const lost = (await history?.statistics(never))?.lost ?? 0;
  if (lost > 0) throw new Error(`the history lost ${lost} readings; the figures would be too good`);
  await outbox.close();
  await history?.close();
  return figures;
}

/** The same readings as rows of a plain table, 1000 a transaction, as durable: what SQLite gives without any of this. */
async function bare(folder: string): Promise<Measured> {
  const db = new DatabaseSync(join(folder, "bare.db"));
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  db.exec(
    "CREATE TABLE reading (id INTEGER PRIMARY KEY, tag INTEGER, value REAL, status INTEGER, source_us REAL, agent_us REAL, sequence INTEGER)",
  );
  const insert = db.prepare(
    "INSERT INTO reading (tag, value, status, source_us, agent_us, sequence) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const figures = await measured(BARE_SCANS * DEVICES * TAGS_A_DEVICE, async () => {
    for (let scan = 0; scan < BARE_SCANS; scan += 1) {
      for (let device = 0; device < DEVICES; device += 1) {
        if (device % 2 === 0) db.exec("BEGIN");
        const { value, sourceTimeUs } = scanOf(device, scan);
        for (let row = 0; row < TAGS_A_DEVICE; row += 1) {
          const sourceUs = sourceTimeUs[row] ?? 0;
          insert.run(device * TAGS_A_DEVICE + row, value[row] ?? 0, 0, sourceUs, sourceUs, scan);
        }
        if (device % 2 === 1) db.exec("COMMIT");
      }
    }
  });
  db.close();
  return figures;
}

async function inFolder(work: (folder: string) => Promise<Measured>): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-ingest-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(report: Report): Promise<Figures> {
  const all: Measured[] = [];
  const alone: Measured[] = [];
  const plain: Measured[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    all.push(await inFolder((folder) => pipeline(folder, true)));
    alone.push(await inFolder((folder) => pipeline(folder, false)));
    plain.push(await inFolder(bare));
    const rates = [all, alone, plain].map((list) => Math.round(list.at(-1)?.perS ?? 0));
    report(`round ${round}: ${rates[0]} readings/s with history, ${rates[1]} without, ${rates[2]} bare`);
  }
  const rate = (list: readonly Measured[]) => median(list.map(({ perS }) => perS));
  const bytes = (list: readonly Measured[]) => median(list.map((one) => one.bytes));
  return {
    readingsPerS: rate(all),
    diskBytesPerReading: bytes(all),
    outboxReadingsPerS: rate(alone),
    outboxBytesPerReading: bytes(alone),
    bareReadingsPerS: rate(plain),
    bareBytesPerReading: bytes(plain),
    ratioToBare: rate(all) / rate(plain),
  };
}

export const ingest: Bench = {
  name: "ingest",
  explains:
    "readings per second through normalising into outbox and history, while a sink drains the outbox, until all is on the disk; beside plain SQLite inserts of the same rows, and bytes written per reading",
  run,
};
