import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it, onTestFinished } from "vitest";
import { SinkError } from "../../ports/sink.ts";
import type { TelemetryEvent } from "../../ports/telemetry.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { createFaultyDisk } from "./faulty-disk.ts";
import { type FileSinkOptions, fileSinkOptions } from "./options.ts";
import { checkSum } from "./read-rows.ts";
import { createFileSink } from "./sink.ts";
import { finishedFiles, numbered, quiet, rowsOfFiles, START_US, tempFolder } from "./test-kit.ts";

const never = new AbortController().signal;
const faultOf = async (delivery: Promise<unknown>) => {
  const thrown: unknown = await delivery.catch((error: unknown) => error);
  return thrown instanceof SinkError ? thrown.fault : thrown;
};

function open(folder: string, options: Partial<FileSinkOptions> = {}, disk: Disk = nodeDisk) {
  const clock = createManualClock(START_US);
  const events: TelemetryEvent[] = [];
  const telemetry = { emit: (event: TelemetryEvent) => void events.push(event) };
  const sink = createFileSink(
    fileSinkOptions.parse({ folder, maxFileBytes: 64 * 1024, ...options }),
    { name: "files", clock, logger: quiet, telemetry },
    disk,
  );
  onTestFinished(() => sink.close());
  return { sink, clock, events };
}

/** A disk of a megabyte, where tests may mount one. */
function smallDisk(path: string): Disposable & { readonly isReal: boolean } {
  const isReal = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]).status === 0;
  return { isReal, [Symbol.dispose]: () => void (isReal && spawnSync("umount", ["-l", path])) };
}

describe("the file sink", () => {
  it("finishes a file when it is full, whole from its first moment and with its check sum", async () => {
    using folder = tempFolder();
    const { sink } = open(folder.path, { gzip: true });
    const batches = Array.from({ length: 30 }, (_, i) => numbered(i + 1));
    for (const batch of batches) await sink.deliver([batch], never);
    const files = await finishedFiles(folder.path);
    expect(files.length).toBeGreaterThan(1);
    for (const { path } of files) expect(await checkSum(path)).toBe("good");
    await sink.close();
    const rows = await rowsOfFiles(folder.path);
    expect(rows.map((row) => row["sequence"])).toEqual(
      batches.flatMap(({ number }) => Array.from({ length: 20 }, (_, i) => number * 1000 + i)),
    );
    const left = (await readdir(folder.path)).filter((file) => file.startsWith("."));
    expect(left).toEqual([".stethos-ledger.json"]);
  });

  it("names files so that each begins behind the one before it", async () => {
    using folder = tempFolder();
    const { sink } = open(folder.path);
    for (const number of [5, 9, 12]) await sink.deliver([numbered(number, 200)], never);
    await sink.close();
    const files = await finishedFiles(folder.path);
    expect(files.map(({ name }) => [name.first, name.last, name.rows])).toEqual([
      [5, 5, 200],
      [6, 9, 200],
      [10, 12, 200],
    ]);
  });

  it("begins a new file with a new epoch, and takes the old epoch's batches no more", async () => {
    using folder = tempFolder();
    const { sink } = open(folder.path);
    const other = "00000000000000aa";
    await sink.deliver([numbered(7), numbered(1, 20, other), numbered(2, 20, other)], never);
    await sink.deliver([numbered(7), numbered(2, 20, other)], never);
    await sink.close();
    const files = await finishedFiles(folder.path);
    expect(files.map(({ name }) => [name.epoch, name.rows])).toEqual(
      expect.arrayContaining([
        [other, 40],
        ["00c0ffee00c0ffee", 20],
      ]),
    );
    expect(files).toHaveLength(2);
  });

  it("finishes a file that is old enough although nothing more is delivered", async () => {
    using folder = tempFolder();
    const { sink, clock } = open(folder.path, { maxFileMinutes: 1 });
    await sink.deliver([numbered(1)], never);
    expect(await finishedFiles(folder.path)).toEqual([]);
    await clock.advance(61_000);
    await expect.poll(() => finishedFiles(folder.path), { timeout: 20_000 }).toHaveLength(1);
  });

  it("lets data wait in the outbox when the folder holds its most, and goes on when files are taken away", async () => {
    using folder = tempFolder();
    const { sink } = open(folder.path, { maxTotalBytes: 2 ** 20 });
    let number = 1;
    const fill = async () => {
      for (; number < 1000; number += 1) await sink.deliver([numbered(number, 200)], never);
    };
    expect(await faultOf(fill())).toBe("busy");
    const files = await finishedFiles(folder.path);
    for (const { path } of files) await nodeDisk.remove(path);
    expect(await sink.deliver([numbered(number, 200)], never)).toEqual({ refused: [] });
  });

  it("gives the oldest files up where it is told so, and counts their rows", async () => {
    using folder = tempFolder();
    const { sink, events } = open(folder.path, { maxTotalBytes: 2 ** 20, whenFull: "drop-oldest" });
    for (let number = 1; number <= 30; number += 1) await sink.deliver([numbered(number, 200)], never);
    await sink.close();
    const dropped = events.reduce((sum, event) => sum + (event.kind === "dropped" ? event.count : 0), 0);
    const rows = await rowsOfFiles(folder.path);
    expect(dropped).toBeGreaterThan(0);
    expect(rows.length + dropped).toBe(30 * 200);
    expect(rows.at(-1)).toMatchObject({ number: 30, row: 199 });
  });

  it.each([
    ["full", "busy"],
    ["forbidden", "denied"],
    ["gone", "unreachable"],
    ["late", "failed"],
  ] as const)("says of a disk that is %s: %s", async (state, fault) => {
    using folder = tempFolder();
    const disk = createFaultyDisk();
    const { sink } = open(folder.path, {}, disk);
    await sink.deliver([numbered(1)], never);
    disk.state = state;
    expect(await faultOf(sink.deliver([numbered(2)], never))).toBe(fault);
    disk.state = "fine";
    await sink.deliver([numbered(2)], never);
    await sink.close();
    expect(await rowsOfFiles(folder.path)).toHaveLength(40);
  });

  it("leaves no half file on a disk that is really full, and goes on when there is room", async () => {
    using folder = tempFolder();
    using mounted = smallDisk(folder.path);
    const disk = createFaultyDisk();
    const { sink } = open(folder.path, { format: "parquet", maxFileBytes: 128 * 1024 }, disk);
    const filler = join(folder.path, "filler");
    let number = 1;
    // Where a test may not mount, the disk only says that it is full.
    if (mounted.isReal) await writeFile(filler, new Uint8Array(700 * 1024));
    const fill = async () => {
      for (; number < 10_000; number += 1) {
        if (!mounted.isReal && number === 9) disk.state = "full";
        await sink.deliver([numbered(number, 100)], never);
      }
    };
    expect(await faultOf(fill())).toBe("busy");
    for (const { path } of await finishedFiles(folder.path)) expect(await checkSum(path)).toBe("good");
    disk.state = "fine";
    await nodeDisk.remove(filler);
    await sink.deliver([numbered(number, 100)], never);
    await sink.close();
    const rows = await rowsOfFiles(folder.path);
    expect(rows.map((row) => row["number"])).toEqual(
      Array.from({ length: number }, (_, i) => Array<number>(100).fill(i + 1)).flat(),
    );
  });

  it("does not begin anew where its ledger cannot be understood", async () => {
    using folder = tempFolder();
    await writeFile(join(folder.path, ".stethos-ledger.json"), '{"version":2}');
    const { sink } = open(folder.path);
    expect(await faultOf(sink.deliver([numbered(1)], never))).toBe("misfit");
  });

  it("keeps rows that the disk damaged as they are, and goes on with the next file", async () => {
    using folder = tempFolder();
    const { sink } = open(folder.path, { format: "parquet" });
    await sink.deliver([numbered(1)], never);
    const part = join(folder.path, ".readings.part");
    const bytes = await readFile(part);
    // A quote that is gone: no JSON any more.
    bytes[bytes.indexOf('"')] = 0;
    await writeFile(part, bytes);
    await sink.deliver([numbered(2, 400)], never);
    await sink.deliver([numbered(3)], never);
    await sink.close();
    const files = await finishedFiles(folder.path);
    expect(files.map(({ name }) => [name.kind, name.first, name.last])).toEqual([
      ["ndjson", 1, 2],
      ["parquet", 3, 3],
    ]);
    const [damaged] = files;
    expect(await checkSum(damaged?.path ?? "")).toBe("good");
    expect((await readFile(damaged?.path ?? "")).subarray(0, bytes.length)).toEqual(bytes);
  });

  it("says where the disk is not mounted that the folder is to be in", async () => {
    using folder = tempFolder();
    const { sink } = open(join(folder.path, "no", "such", "stick"));
    expect(await faultOf(sink.deliver([numbered(1)], never))).toBe("unreachable");
  });

  it("writes check sums in the form that sha256sum understands", async () => {
    using folder = tempFolder();
    const { sink } = open(folder.path, { format: "parquet" });
    await sink.deliver([numbered(1)], never);
    await sink.close();
    const [file] = await finishedFiles(folder.path);
    const sums = `${file?.path}.sha256`;
    expect(await readFile(sums, "utf8")).toMatch(/^[0-9a-f]{64} {2}edge-1\.readings\..*\.parquet\n$/);
  });

  it("takes a batch once that comes twice in one delivery", async () => {
    using folder = tempFolder();
    const { sink } = open(folder.path);
    await sink.deliver([numbered(1), numbered(1), numbered(2)], never);
    await sink.close();
    expect(await rowsOfFiles(folder.path)).toHaveLength(40);
  });
});
