import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { PassThrough } from "node:stream";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { Command } from "commander";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { type FileSinkOptions, fileSinkOptions } from "../adapters/file-sink/options.ts";
import { createFileSink } from "../adapters/file-sink/sink.ts";
import { finishedFiles, numbered, quiet, tempFolder } from "../adapters/file-sink/test-kit.ts";
import { type OutboxBatch, type ReadingRows, STREAMS } from "../core/outbox/outbound.ts";
import { type Delivery, type Sink, SinkError } from "../ports/sink.ts";
import { importFiles } from "./import/import-files.ts";
import { createImportCommand } from "./import.ts";

const never = new AbortController().signal;
const strict = { allowMissing: false, unverified: false };

async function written(batches: readonly OutboxBatch[], options: Partial<FileSinkOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "stethos-import-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const deps = { name: "files", clock: createManualClock(), logger: quiet, telemetry: { emit() {} } };
  const sink = createFileSink(fileSinkOptions.parse({ folder, maxFileBytes: 64 * 1024, ...options }), deps);
  for (const batch of batches) await sink.deliver([batch], never);
  await sink.close();
  return folder;
}

/** A sink that keeps what it is given, after the failures that it is told. */
function keeper(failures: readonly SinkError[] = []) {
  const kept: OutboxBatch[] = [];
  const left = [...failures];
  const sink: Sink = {
    name: "plant-db",
    kind: "postgres",
    streams: STREAMS,
    lane: "in-order",
    rowsAtOnce: 100,
    async deliver(batches): Promise<Delivery> {
      const failure = left.shift();
      if (failure !== undefined) throw failure;
      kept.push(...batches);
      return { refused: [] };
    },
    async close() {},
  };
  return { sink, kept };
}

function imported(paths: readonly string[], to: Sink, options = strict) {
  const clock = { ...createManualClock(), sleep: async () => undefined };
  return importFiles(paths, to, options, { clock, random: () => 0, progress() {} }, never);
}

/** Times to the microsecond, every kind of value, tags that change on the way. */
const readings: fc.Arbitrary<ReadingRows> = fc
  .array(
    fc.record({
      tag: fc.nat({ max: 2 }),
      value: fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
        fc.boolean(),
        fc.string(),
        fc.array(fc.oneof(fc.integer(), fc.string())),
        fc.constant(null),
      ),
      status: fc.constantFrom(0, 0x40900000, 0x80050000),
      us: fc.nat({ max: 4_000_000_000 * 1e6 }),
      sequence: fc.nat(),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((rows) => ({
    stream: "readings",
    count: rows.length,
    tags: ["a", "ü/b", 'c"'].map((id) => ({ id, unit: "m/s2", device: "d", protocol: "opcua", address: id })),
    tag: Uint32Array.from(rows, ({ tag }) => tag),
    value: Float64Array.from(rows, ({ value }) =>
      typeof value === "number" || typeof value === "boolean" ? Number(value) : Number.NaN,
    ),
    status: Uint32Array.from(rows, ({ status }) => status),
    sourceTimeUs: Float64Array.from(rows, ({ us }) => us),
    agentTimeUs: Float64Array.from(rows, ({ us }) => us + 1),
    sequence: Float64Array.from(rows, ({ sequence }) => sequence),
    other: new Map(
      rows.flatMap(({ value }, i) => (typeof value === "number" || value === null ? [] : [[i, value]])),
    ),
  }));

/** The tag table may be another one; what the rows say may not. */
const plain = ({ content }: OutboxBatch) =>
  content.stream === "readings"
    ? { ...content, tags: undefined, tag: [...content.tag].map((index) => content.tags[index]) }
    : content;

describe("import", () => {
  it.each([{}, { gzip: true }, { format: "parquet" }] as const)(
    "gives back to the bit what a file sink wrote (%j)",
    async (options) => {
      await fc.assert(
        fc.asyncProperty(fc.array(readings, { minLength: 1, maxLength: 4 }), async (contents) => {
          const batches = contents.map((content, i) => ({ ...numbered(i + 1), content }));
          const { sink, kept } = keeper();
          await imported([await written(batches, options)], sink);
          expect(kept.map(({ number }) => number)).toEqual(batches.map(({ number }) => number));
          expect(kept.map(plain)).toEqual(batches.map(plain));
        }),
        { numRuns: 15 },
      );
    },
  );

  it.each(["ndjson", "parquet"] as const)(
    "brings scores, health, alarms and gaps back (%s)",
    async (format) => {
      const us = 1_795_420_800_000_000;
      const contents = [
        {
          stream: "health",
          count: 1,
          rows: [{ machine: "m", timeUs: us, state: "healthy", baselineProgress: 1 }],
        },
        {
          stream: "gaps",
          count: 1,
          rows: [{ stream: "readings", cause: "too-old", rows: 5, fromUs: us, toUs: us, noticedUs: us }],
        },
      ] as const;
      const batches = contents.map((content, i) => ({ ...numbered(i + 1), content }));
      const { sink, kept } = keeper();
      await imported([await written(batches, { format })], sink);
      expect(kept.map(({ content }) => content)).toEqual(contents);
      expect(kept.every(({ isBacklog }) => isBacklog)).toBe(true);
    },
  );

  it("delivers a batch once although two files hold it, in the order of its numbers", async () => {
    const batches = Array.from({ length: 12 }, (_, i) => numbered(i + 1, 100));
    const folder = await written(batches);
    const files = (await finishedFiles(folder)).map(({ path }) => path);
    const other = await written([]);
    for (const path of files)
      for (const one of [path, `${path}.sha256`]) await copyFile(one, join(other, basename(one)));
    const { sink, kept } = keeper();
    const report = await imported([other, ...files.reverse()], sink);
    expect(kept.map(({ number }) => number)).toEqual(batches.map(({ number }) => number));
    expect(report).toMatchObject({ batches: 12, rows: 1200, repeated: 12, refused: 0 });
  });

  it("says which file is missing in between, and goes on without it when told so", async () => {
    const folder = await written(Array.from({ length: 12 }, (_, i) => numbered(i + 1, 100)));
    const [first, second] = await finishedFiles(folder);
    await rm(second?.path ?? "");
    const { sink, kept } = keeper();
    const gap = `batches ${second?.name.first} to ${second?.name.last} of edge-1's readings`;
    await expect(imported([folder], sink)).rejects.toThrow(gap);
    expect(kept).toEqual([]);
    await imported([folder], sink, { ...strict, allowMissing: true });
    expect(kept.map(({ number }) => number)).not.toContain(second?.name.first);
    expect(kept[0]?.number).toBe(first?.name.first);
  });

  it.each(["ndjson", "gzip", "parquet"])(
    "delivers nothing of a damaged %s file, and says which it is",
    async (form) => {
      const options = { gzip: form === "gzip", format: form === "parquet" ? "parquet" : "ndjson" } as const;
      const folder = await written([numbered(1)], options);
      const path = (await finishedFiles(folder))[0]?.path ?? "";
      const bytes = await readFile(path);
      const { sink, kept } = keeper();
      await writeFile(path, bytes.subarray(0, bytes.length - 40));
      await expect(imported([folder], sink)).rejects.toThrow(`${path} is damaged`);
      await rm(`${path}.sha256`);
      await expect(imported([folder], sink)).rejects.toThrow("has no check sum");
      await expect(imported([folder], sink, { ...strict, unverified: true })).rejects.toThrow("damaged");
      expect(kept).toEqual([]);
    },
  );

  it("never takes damage for data: each flipped byte of a file is noticed", async () => {
    const folder = await written([numbered(1, 5)], { format: "parquet" });
    const path = (await finishedFiles(folder))[0]?.path ?? "";
    const bytes = await readFile(path);
    const { sink, kept } = keeper();
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const damaged = Buffer.from(bytes);
          damaged[at] = (bytes[at] ?? 0) ^ flip;
          await writeFile(path, damaged);
          await expect(imported([path], sink)).rejects.toThrow("damaged");
        },
      ),
      { numRuns: 50 },
    );
    expect(kept).toEqual([]);
  });

  it("tries again while the sink is busy, and tells what it says when it stays so", async () => {
    const folder = await written([numbered(1)]);
    const busy = new SinkError("busy", "too many connections");
    const { sink, kept } = keeper([busy, busy]);
    await imported([folder], sink);
    expect(kept).toHaveLength(1);
    await expect(imported([folder], keeper(Array(8).fill(busy)).sink)).rejects.toThrow(
      "too many connections",
    );
    const denied = new SinkError("denied", "no password");
    await expect(imported([folder], keeper([denied]).sink)).rejects.toMatchObject({
      code: "IMPORT_FAILED",
      message:
        "the sink plant-db does not take the data: no password; mend that, and import the same files again",
    });
  });
});

async function run(to: Sink, ...args: string[]): Promise<{ out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const program = new Command("stethos").exitOverride();
  const context = { version: "0.1.0", modelFolder: "", modelKeys: [], webRoot: "" };
  createImportCommand(async () => to)(program, { ...context, stdout, stderr, onSignal: () => () => {} });
  await program.parseAsync(["import", ...args], { from: "user" });
  return { out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

describe("stethos import", () => {
  it("prints rows where no sink is named, and reports on standard error", async () => {
    const folder = await written([numbered(1, 3)], { format: "parquet" });
    const { out, err } = await run(keeper().sink, folder);
    const rows = out.trimEnd().split("\n");
    expect(rows.map((line) => (JSON.parse(line) as { sequence: number }).sequence)).toEqual([
      1000, 1001, 1002,
    ]);
    expect(err).toContain("3 rows in 1 batches from 1 files");
  });

  it("delivers into a sink of a configuration, and reports as JSON", async () => {
    const folder = await written([numbered(1, 3)]);
    const { sink, kept } = keeper();
    const { out } = await run(sink, folder, "-c", "agent.yaml", "--sink", "plant-db", "--json");
    expect(JSON.parse(out)).toMatchObject({ files: 1, batches: 1, rows: 3 });
    expect(kept).toHaveLength(1);
  });

  it("ends with a failure where the sink refuses rows, and says which sink and how many", async () => {
    const folder = await written([numbered(1, 3)]);
    const { sink } = keeper();
    const picky: Sink = {
      ...sink,
      async deliver([batch]) {
        return { refused: batch === undefined ? [] : [{ batch, row: 1, reason: "no such tag" }] };
      },
    };
    await expect(run(picky, folder, "-c", "agent.yaml", "--sink", "plant-db")).rejects.toMatchObject({
      code: "IMPORT_FAILED",
      message: expect.stringContaining("1 of 3 rows were refused by plant-db"),
    });
  });

  it("says how it is to be used, and what is no file of a sink", async () => {
    using folder = tempFolder();
    const { sink } = keeper();
    const refusal = (words: string) => ({ code: "IMPORT_FAILED", message: expect.stringContaining(words) });
    await expect(run(sink, folder.path, "--sink", "plant-db")).rejects.toMatchObject(refusal("go together"));
    await expect(run(sink, folder.path, "--json")).rejects.toMatchObject(refusal("--json goes with --sink"));
    await writeFile(join(folder.path, "notes.txt"), "");
    await expect(run(sink, join(folder.path, "notes.txt"))).rejects.toThrow("no finished file");
    await expect(run(sink, join(folder.path, "gone.parquet"))).rejects.toThrow("cannot be read");
  });
});
