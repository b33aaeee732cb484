import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createFaultyDisk, type DiskState } from "../../edge-agent/src/adapters/file-sink/faulty-disk.ts";
import { parseFileName } from "../../edge-agent/src/adapters/file-sink/file-name.ts";
import { type FileSinkOptions, fileSinkOptions } from "../../edge-agent/src/adapters/file-sink/options.ts";
import { checkSum, readRows } from "../../edge-agent/src/adapters/file-sink/read-rows.ts";
import { createFileSink } from "../../edge-agent/src/adapters/file-sink/sink.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { describeSink } from "./sink.contract.ts";
import { readingsOf } from "./sink-batches.ts";
import type { ReceivedRow, SinkBench } from "./sink-bench.ts";

const STATES = {
  up: "fine",
  cut: "full",
  "cut-after-request": "late",
  slow: "slow",
} as const satisfies Record<string, DiskState>;

/** Finished files in the order of their batches, then what is in the open part. */
async function rowsIn(folder: string): Promise<ReceivedRow[]> {
  const names = (await readdir(folder)).flatMap((file) => {
    const name = parseFileName(file);
    return name === undefined || name.stream !== "readings" ? [] : [{ file, name }];
  });
  names.sort((a, b) => a.name.first - b.name.first);
  const rows: ReceivedRow[] = [];
  for (const { file, name } of names) {
    const path = join(folder, file);
    if ((await checkSum(path)) !== "good") throw new Error(`${file} is damaged`);
    for await (const row of readRows(path, name)) rows.push(received(row));
  }
  return [...rows, ...(await confirmedPart(folder))];
}

const received = (row: object): ReceivedRow => {
  const { tag, value, sequence } = row as ReceivedRow;
  return { tag, value, sequence };
};

async function confirmedPart(folder: string): Promise<ReceivedRow[]> {
  const ledger = await readFile(join(folder, ".stethos-ledger.json"), "utf8").catch(() => '{"parts":[]}');
  const { parts } = JSON.parse(ledger) as { parts: { stream: string; bytes: number }[] };
  const part = parts.find(({ stream }) => stream === "readings");
  if (part === undefined) return [];
  const bytes = (await readFile(join(folder, ".readings.part"))).subarray(0, part.bytes);
  const lines = bytes.toString("utf8").split("\n").slice(0, -1);
  return lines.map((line) => received(JSON.parse(line) as object));
}

async function openFileBench(form: Partial<FileSinkOptions>): Promise<SinkBench> {
  const parent = await mkdtemp(join(tmpdir(), "stethos-files-"));
  const folder = join(parent, "out");
  const disk = createFaultyDisk();
  return {
    promise: "exactly-once",
    create: () =>
      createFileSink(
        fileSinkOptions.parse({ folder, maxFileBytes: 64 * 1024, ...form }),
        { name: "files", clock: createSystemClock(), logger: silentLogger, telemetry: { emit() {} } },
        disk,
      ),
    received: () => rowsIn(folder),
    async network(state) {
      disk.state = STATES[state];
    },
    async credentials(good) {
      disk.state = good ? "fine" : "forbidden";
    },
    poison(number) {
      const batch = readingsOf(number, [
        { tag: 0, value: 1, sequence: 100 },
        { tag: 0, value: 2, sequence: 101 },
        { tag: 0, value: 3, sequence: 102 },
      ]);
      // No time that can be written down.
      if (batch.content.stream === "readings") batch.content.sourceTimeUs[1] = Number.NaN;
      return batch;
    },
    close: () => rm(parent, { recursive: true, force: true }),
  };
}

describeSink("files, NDJSON", () => openFileBench({}));
describeSink("files, gzip", () => openFileBench({ gzip: true }));
describeSink("files, Parquet", () => openFileBench({ format: "parquet" }));
