import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutboxBatch } from "@stethos/edge-agent/core";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { systemRandom } from "../../edge-agent/src/adapters/node/random.ts";
import { outboxOptions } from "../../edge-agent/src/adapters/sqlite/outbox/options.ts";
import { createOutbox } from "../../edge-agent/src/adapters/sqlite/outbox/outbox.ts";
import type { Outbox } from "../../edge-agent/src/ports/outbox.ts";
import type { Sink } from "../../edge-agent/src/ports/sink.ts";
import { createPlantDatabase, type PlantDatabase } from "../postgres/plant-database.ts";
import { type PostgresServer, startPostgres } from "../postgres/server.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { type Bench, type Figures, median, type Report } from "./harness.ts";
import { type BareCopy, startBareCopy } from "./timescale/bare.ts";
import { createPlantRows, outboxBatch, type PlantRows, ROWS_A_BATCH, tags } from "./timescale/rows.ts";

const ROUNDS = 9;
const BATCHES_A_ROUND = 200;
const ROWS_A_ROUND = BATCHES_A_ROUND * ROWS_A_BATCH;
/** One in so many batches comes again, as after an answer that was lost. */
const REPLAYED = 10;
/** What the outbox may hold that is not delivered: a bound for its queue, as a plant's own speed is. */
const AHEAD_BATCHES = 40;
const WARM_UP = 1;

const never = new AbortController().signal;

interface Rig {
  readonly server: PostgresServer;
  readonly database: PlantDatabase;
  readonly sink: Sink;
  readonly bare: BareCopy;
  readonly outbox: Outbox;
  readonly rows: PlantRows;
  close(): Promise<void>;
}

async function startRig(): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-bench-"));
  // It flushes as it does in a plant.
  const server = await startPostgres({ fsync: true, more: ["max_wal_size = '4GB'"] });
  const database = await createPlantDatabase(server, "ours");
  const bareDatabase = await createPlantDatabase(server, "bare");
  const url = `postgres://ours@127.0.0.1:${server.port}/plant`;
  const sink = database.sink({ url });
  const startUs = Date.now() * 1000 - 60_000_000;
  const rows = createPlantRows(startUs);
  // Makes the tables and the partitions of both.
  const first = rows.next(10).map((batch, i) => outboxBatch(batch, i + 1));
  await sink.deliver(first, never);
  const maker = bareDatabase.sink();
  await maker.deliver(first, never);
  await maker.close();
  const bare = await startBareCopy(server, bareDatabase);
  const outbox = await createOutbox(
    outboxOptions.parse({ file: join(folder, "outbox.db"), minFreeBytes: 0 }),
    {
      clock: createSystemClock(),
      random: systemRandom,
      logger: silentLogger,
      telemetry: { emit: () => undefined },
      node: "edge-2",
    },
  );
  outbox.registerTags(tags);
  return {
    server,
    database,
    sink,
    bare,
    outbox,
    rows,
    async close() {
      await outbox.close();
      await sink.close();
      await bare.close();
      await bareDatabase.close();
      await database.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @returns rows a second */
async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (1000 * ROWS_A_ROUND) / (performance.now() - start);
}

/** The sink alone: deliveries of what it asks for, and one batch in ten once more. */
async function deliverAll(sink: Sink, batches: readonly OutboxBatch[]): Promise<void> {
  const most = sink.rowsAtOnce / ROWS_A_BATCH;
  for (let at = 0; at < batches.length; at += most) {
    const again = at >= REPLAYED ? batches.slice(at - 1, at) : [];
    await sink.deliver([...again, ...batches.slice(at, at + most)], never);
  }
}

/** The whole way: append, group commit, read, COPY, confirm; one delivery in ten is made twice before it is confirmed. */
async function pipeline({ outbox, sink, rows }: Rig): Promise<void> {
  const batches = rows.next(BATCHES_A_ROUND);
  const reader = outbox.reader("postgres", { streams: ["readings"], lane: "in-order" });
  let appended = 0;
  let left = ROWS_A_ROUND;
  let deliveries = 0;
  const append = () => {
    const delivered = (ROWS_A_ROUND - left) / ROWS_A_BATCH;
    for (; appended < batches.length && appended < delivered + AHEAD_BATCHES; appended += 1) {
      const batch = batches[appended];
      if (batch !== undefined) outbox.append(batch);
    }
  };
  append();
  while (left > 0) {
    const found = await reader.next({ rows: sink.rowsAtOnce }, never);
    deliveries += 1;
    append();
    await sink.deliver(found, never);
    if (deliveries % REPLAYED === 0) await sink.deliver(found, never);
    await reader.confirm(found);
    left -= found.reduce((sum, { content }) => sum + content.count, 0);
  }
}

async function measure(rig: Rig, report: Report): Promise<Figures> {
  const [bare, ours, whole]: [number[], number[], number[]] = [[], [], []];
  let number = 10;
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    const batches = rig.rows.next(BATCHES_A_ROUND).map((batch) => {
      number += 1;
      return outboxBatch(batch, number);
    });
    const transactions = rig.bare.encode(batches, rig.sink.rowsAtOnce);
    // Each begins in turn: the disk and the other programs of the machine meet all alike.
    const bareRate = await timed(() => rig.bare.write(transactions));
    const oursRate = await timed(() => deliverAll(rig.sink, batches));
    const wholeRate = await timed(() => pipeline(rig));
    if (round < WARM_UP) continue;
    bare.push(bareRate);
    ours.push(oursRate);
    whole.push(wholeRate);
    report(
      `${[bareRate, oursRate, wholeRate].map((rate) => Math.round(rate)).join(" | ")} rows/s: bare, sink, whole way`,
    );
  }
  return {
    pointsPerS: median(whole),
    sinkRowsPerS: median(ours),
    bareRowsPerS: median(bare),
    copyRatio: median(ours.map((rate, i) => rate / (bare[i] ?? Number.NaN))),
    wholeRatio: median(whole.map((rate, i) => rate / (bare[i] ?? Number.NaN))),
    replayedRows: await surplus(rig),
    bytesPerRow: await bytesPerRow(rig.database),
  };
}

/** Rows that are there more than once or missing. */
async function surplus({ database }: Rig): Promise<number> {
  const [found] = await database.query(
    "SELECT count(*)::float8 AS rows, count(DISTINCT (tag_id, sequence, time))::float8 AS different FROM reading",
  );
  const [rows, different] = [Number(found?.["rows"]), Number(found?.["different"])];
  const expected = 10 * ROWS_A_BATCH + 2 * (ROUNDS + WARM_UP) * ROWS_A_ROUND;
  return rows - different + Math.abs(expected - different);
}

async function bytesPerRow(database: PlantDatabase): Promise<number> {
  const [size] = await database.query(
    `SELECT sum(pg_total_relation_size(inhrelid))::float8 / (SELECT count(*) FROM reading) AS bytes
     FROM pg_inherits WHERE inhparent = 'reading'::regclass`,
  );
  return Number(size?.["bytes"]);
}

export const timescale: Bench = {
  name: "timescale",
  explains:
    "Readings of 10,000 tags in batches of 1,000 through the outbox into PostgreSQL on this machine, flushed by both, with an " +
    "index by tag and a tenth of the batches delivered twice. pointsPerS: the whole way. copyRatio: the sink beside a bare " +
    "binary COPY of the same rows, encoded beforehand, into the same kind of table; wholeRatio: the whole way beside it. " +
    "replayedRows: rows that are there twice or not at all.",
  async run(report) {
    const rig = await startRig();
    try {
      return await measure(rig, report);
    } finally {
      await rig.close();
    }
  },
};
