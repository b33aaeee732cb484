import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { never, tempFolder } from "../test-kit.ts";
import { flipBit } from "./model-file.ts";
import { drained, gapsIn, inOrder, put, sequencesIn, start, upTo } from "./outbox-kit.ts";

const PAGE_BYTES = 4096;

/** A file of three batches that nobody has, closed in order. */
async function threeBatches(file: string): Promise<void> {
  const { outbox } = await start(file);
  outbox.reader("archive", inOrder);
  for (let i = 0; i < 3; i += 1) await put(outbox, 10, i * 10);
  await outbox.close();
}

function change(file: string, ...statements: readonly string[]): void {
  const db = new DatabaseSync(file, { defensive: false });
  for (const sql of statements) db.exec(sql);
  db.close();
}

/** The first page of a table. */
function changePage(file: string, table: string, spoil: (page: Buffer) => void): void {
  const db = new DatabaseSync(file);
  const root = Number(
    db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table)?.["rootpage"],
  );
  db.close();
  const bytes = readFileSync(file);
  spoil(bytes.subarray((root - 1) * PAGE_BYTES, root * PAGE_BYTES));
  writeFileSync(file, bytes);
}

/** Opens it again, puts ten more readings in and takes what is there. */
async function cameUp(file: string) {
  const { outbox, events, logger } = await start(file);
  await outbox.flush(never);
  await put(outbox, 10, 30);
  const found = await drained(outbox, "archive");
  await outbox.close();
  return { found, events, logger };
}

describe("a damaged outbox", () => {
  it("sets a damaged file aside, begins a new one of a new epoch, tells what is lost and goes on", async () => {
    using folder = tempFolder();
    const first = await start(folder.file());
    first.outbox.reader("archive", inOrder);
    await put(first.outbox, 20_000);
    const before = await first.outbox.statistics(never);
    await first.outbox.close();
    const bytes = readFileSync(folder.file());
    bytes.fill(0xa5, 20_480, 28_672);
    bytes.writeUInt8(0, 18);
    writeFileSync(folder.file(), bytes);
    const { outbox, events, logger } = await start(folder.file());
    await put(outbox, 10, 20_000);
    const found = await drained(outbox, "archive");
    expect(events).toContainEqual({ kind: "outbox-quarantined" });
    expect(logger.lines.some(({ level, message }) => level === "error" && /set aside/.test(message))).toBe(
      true,
    );
    expect(gapsIn(found)).toMatchObject([{ stream: "readings", cause: "corrupt" }]);
    expect(sequencesIn(found).at(-1)).toBe(20_009);
    expect((await outbox.statistics(never)).epoch).not.toBe(before.epoch);
    await outbox.close();
  });

  it("tells a gap where the log was damaged, although SQLite says nothing", async () => {
    using folder = tempFolder();
    const first = await start(folder.file());
    first.outbox.reader("archive", inOrder);
    for (let i = 0; i < 5; i += 1) await put(first.outbox, 10, i * 10);
    const log = readFileSync(`${folder.file()}-wal`);
    log.writeUInt8(log.readUInt8(200) ^ 1, 200);
    copyFileSync(folder.file(), folder.file("copy.db"));
    writeFileSync(`${folder.file("copy.db")}-wal`, log);
    const { outbox, logger } = await start(folder.file("copy.db"));
    await put(outbox, 10, 50);
    const found = await drained(outbox, "archive");
    expect(gapsIn(found)).toMatchObject([{ stream: "readings", cause: "corrupt", rows: -1 }]);
    expect(sequencesIn(found)).toEqual(upTo(10).map((i) => i + 50));
    expect(logger.lines.some(({ message }) => message.includes("log of the outbox was damaged"))).toBe(true);
    await outbox.close();
    await first.outbox.close();
  });

  it("sets a damaged batch aside alone, and gives what lies beside it, with its tags", async () => {
    using folder = tempFolder();
    const first = await start(folder.file());
    first.outbox.reader("archive", inOrder);
    for (let i = 0; i < 3; i += 1) await put(first.outbox, 10, i * 10);
    await first.outbox.close();
    flipBit(folder.file(), 2);
    const { outbox, events } = await start(folder.file());
    const found = await drained(outbox, "archive");
    expect(sequencesIn(found)).toEqual([...upTo(10), ...upTo(10).map((i) => i + 20)]);
    const lost = { stream: "readings", cause: "corrupt", rows: 10 } as const;
    expect(gapsIn(found)).toMatchObject([lost]);
    expect(events).toContainEqual({ kind: "outbox-dropped", ...lost });
    await outbox.close();
  });

  it("is set aside where its entries stand in another order: a walk over them would never end", async () => {
    using folder = tempFolder();
    await threeBatches(folder.file());
    // The third of three cells lies first in the content: its number is the second varint of it.
    changePage(folder.file(), "batch", (page) => {
      const cell = page.readUInt16BE(8 + 2 * 2);
      expect(page.readUInt8(cell + 1)).toBe(3);
      page.writeUInt8(1, cell + 1);
    });
    const { found, events } = await cameUp(folder.file());
    expect(events).toContainEqual({ kind: "outbox-quarantined" });
    expect(gapsIn(found)).toMatchObject([{ stream: "readings", cause: "corrupt", rows: -1 }]);
    expect(sequencesIn(found)).toEqual(upTo(10).map((i) => i + 30));
  });

  it("is looked through at each start: entries that a flipped header hides fail no statement", async () => {
    using folder = tempFolder();
    await threeBatches(folder.file());
    changePage(folder.file(), "batch", (page) => {
      expect(page.readUInt16BE(3)).toBe(3);
      page.writeUInt16BE(2, 3);
    });
    const { found, events } = await cameUp(folder.file());
    expect(events).toContainEqual({ kind: "outbox-quarantined" });
    expect(gapsIn(found)).toMatchObject([{ stream: "readings", cause: "corrupt" }]);
  });

  it.each([
    ["is gone", "DELETE FROM sqlite_sequence"],
    ["stands below its batches", "UPDATE sqlite_sequence SET seq = 1"],
    ["stands below what its sinks have", "DELETE FROM batch", "UPDATE sqlite_sequence SET seq = 2"],
  ])("is set aside where the counter of its batches %s", async (_, ...statements) => {
    using folder = tempFolder();
    const first = await start(folder.file());
    for (let i = 0; i < 3; i += 1) await put(first.outbox, 10, i * 10);
    await drained(first.outbox, "archive");
    await put(first.outbox, 10, 100);
    await first.outbox.close();
    change(folder.file(), ...statements);
    const { found, events } = await cameUp(folder.file());
    expect(events).toContainEqual({ kind: "outbox-quarantined" });
    expect(sequencesIn(found).slice(-10)).toEqual(upTo(10).map((i) => i + 30));
  });

  it("is set aside where its schema is another: every statement fits the one that was written", async () => {
    using folder = tempFolder();
    await threeBatches(folder.file());
    change(
      folder.file(),
      "PRAGMA writable_schema = ON",
      "UPDATE sqlite_schema SET sql = replace(sql, 'committed_us', 'committed_ur') WHERE name = 'batch'",
    );
    const { found, events } = await cameUp(folder.file());
    expect(events).toContainEqual({ kind: "outbox-quarantined" });
    expect(gapsIn(found)).toMatchObject([{ stream: "readings", cause: "corrupt" }]);
  });

  it("is set aside where what it has just written reads as damaged: each look would write a gap, for ever", async () => {
    using folder = tempFolder();
    await threeBatches(folder.file());
    change(
      folder.file(),
      "PRAGMA writable_schema = ON",
      "UPDATE sqlite_schema SET sql = replace(sql, 'id INTEGER', 'id INTEGES') WHERE name = 'epoch'",
    );
    const { found, events } = await cameUp(folder.file());
    expect(events).toContainEqual({ kind: "outbox-quarantined" });
    expect(gapsIn(found)).toMatchObject([{ stream: "readings", cause: "corrupt" }]);
    expect(sequencesIn(found)).toEqual(upTo(10).map((i) => i + 30));
  });

  it("is set aside where its version is one that no program wrote, and kept where it is a newer one's", async () => {
    using folder = tempFolder();
    await threeBatches(folder.file());
    change(folder.file(), "UPDATE schema_version SET version = 2");
    await expect(start(folder.file())).rejects.toThrow("was written by a newer version of this program");
    change(folder.file(), "UPDATE schema_version SET version = 0");
    const { events } = await cameUp(folder.file());
    expect(events).toContainEqual({ kind: "outbox-quarantined" });
  });

  it("tells an unknown loss where a batch and its entry do not agree on its rows", async () => {
    using folder = tempFolder();
    await threeBatches(folder.file());
    change(folder.file(), "UPDATE batch SET rows = 2 WHERE id = 2");
    const { found } = await cameUp(folder.file());
    expect(gapsIn(found)).toMatchObject([{ stream: "readings", cause: "corrupt", rows: -1 }]);
    expect(sequencesIn(found)).toEqual([...upTo(10), ...upTo(20).map((i) => i + 20)]);
  });
});
