import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { Trend } from "../../ports/history.ts";
import type { Item, Query, Reply, Request } from "./messages.ts";
import { createServer, type Server } from "./server.ts";
import { createFailingDisk } from "./small-disk.ts";
import { batchOf, blocksOf, readAll, START_US, settingsFor, tempFolder } from "./test-kit.ts";

const at = { nowUs: START_US, nowMs: 0 };
const tags: Item = { kind: "tags", ids: ["a"] };
const reading = (sequence: number, value = 1): Item[] =>
  blocksOf(batchOf(START_US + sequence, [{ sequence, value }]));
/** Commits as a courier sends them, their items numbered on. */
function createCommits(): (...items: readonly Item[]) => Request {
  let last = 0;
  return (...items) => ({
    kind: "commit",
    items: items.map((item) => {
      last += 1;
      return { item, number: last };
    }),
    ...at,
  });
}

const commit = createCommits();
const ask = (query: Query): Request => ({ kind: "query", query, ...at });
const trend: Query = {
  kind: "trend",
  series: "tag",
  name: "a",
  query: { fromUs: START_US, toUs: START_US + 1e6, buckets: 1 },
};
const baseline: Item = { kind: "baseline", baseline: { sensor: "s", json: '{"n":1}' } };
const openAlarm: Item = {
  kind: "alarm",
  alarm: { id: "x", raisedUs: 5, isOpen: true, json: '{"id":"x","raisedUs":5}' },
  atUs: 6,
};

function answerOf(reply: Reply): unknown {
  if (!reply.ok) throw new TypeError(reply.message);
  return reply.answer;
}

/** Fills a file with something of everything, and closes it in order or not. */
function fill(file: string, isClean: boolean): void {
  const made = `${file}.made`;
  const server = createServer(settingsFor(made, { chunkReadings: 2000 }));
  server.handle(commit(tags, baseline, openAlarm));
  for (let i = 0; i < 20; i += 1) {
    const batch = Array.from({ length: 200 }, (_, row) => ({
      sequence: i * 200 + row,
      value: Math.sin(i * 200 + row),
    }));
    server.handle(commit(...blocksOf(batchOf(START_US + i * 1000, batch))));
  }
  for (let reply = server.handle({ kind: "step", ...at }); reply.hasWork; )
    reply = server.handle({ kind: "step", ...at });
  if (isClean) server.handle({ kind: "close" });
  for (const part of ["", "-wal"]) if (existsSync(made + part)) copyFileSync(made + part, file + part);
  if (!isClean) server.handle({ kind: "close" });
}

/** Overwrites whole pages in the middle of the file, as a failing flash cell would. */
function damage(file: string, from: number, to: number): void {
  const bytes = readFileSync(file);
  bytes.fill(0xa5, Math.floor(bytes.length * from), Math.floor(bytes.length * to));
  writeFileSync(file, bytes);
}

/** Overwrites the pages of one table that hold its rows. */
function damageTable(file: string, table: string): void {
  const db = new DatabaseSync(file);
  const pages = db.prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'").all(table);
  db.close();
  const bytes = readFileSync(file);
  for (const { pageno } of pages) bytes.fill(0xa5, (Number(pageno) - 1) * 8192, Number(pageno) * 8192);
  writeFileSync(file, bytes);
}

const asideOf = (folder: string): string[] =>
  readdirSync(folder).filter((name) => /corrupt-[^w]*Z(-\d+)?$/.test(name));

describe("server on a damaged file", () => {
  const expectNewHistory = (server: Server, folder: string, reply: Reply) => {
    expect(reply.notes.map(({ level, message }) => [level, message])).toContainEqual([
      "error",
      "the history file was damaged; it was set aside and a new one was started",
    ]);
    expect(asideOf(folder)).toHaveLength(1);
    expect(server.handle(commit(tags, ...reading(1, 42))).ok).toBe(true);
    expect(answerOf(server.handle(ask(trend)))).toMatchObject({ max: Float64Array.of(42) });
  };

  it("finds it when the stop was unclean, sets the file aside, saves what a machine learnt and goes on", () => {
    using folder = tempFolder();
    fill(folder.file(), false);
    damageTable(folder.file(), "chunk");
    const server = createServer(settingsFor(folder.file()));
    expect(server.handle({ kind: "open", ...at })).toMatchObject({ ok: true, needsCheck: true });
    const reply = server.handle({ kind: "check", ...at });
    expect(reply).toMatchObject({ ok: true, needsCheck: false });
    expect(reply.notes[0]?.fields).toMatchObject({
      file: folder.file(),
      lost: "readings, scores, waveforms and closed alarms until now",
      savedBaselines: 1,
      savedOpenAlarms: 1,
    });
    expect(answerOf(server.handle(ask({ kind: "baselines" })))).toEqual([{ sensor: "s", json: '{"n":1}' }]);
    expect(answerOf(server.handle(ask({ kind: "alarms", query: { most: 5, openOnly: true } })))).toHaveLength(
      1,
    );
    expectNewHistory(server, folder.path, reply);
    server.handle({ kind: "close" });
  });

  it("says nothing where an unclean stop did no harm", () => {
    using folder = tempFolder();
    fill(folder.file(), false);
    const server = createServer(settingsFor(folder.file()));
    server.handle({ kind: "open", ...at });
    expect(server.handle({ kind: "check", ...at })).toMatchObject({ ok: true, needsCheck: false, notes: [] });
    server.handle({ kind: "close" });
    expect(readAll(folder.file())).toHaveLength(4000);
  });

  it.each([
    ["cut in half", (file: string) => truncateSync(file, Math.floor(readFileSync(file).length / 2))],
    ["with a first page of noise", (file: string) => damage(file, 0, 0.01)],
    ["of nothing but noise", (file: string) => damage(file, 0, 1)],
    ["that is a text", (file: string) => writeFileSync(file, "readings: none\n".repeat(1000))],
  ])("begins a new one in place of a file %s", (_, harm) => {
    using folder = tempFolder();
    fill(folder.file(), true);
    harm(folder.file());
    markUnclean(folder.file());
    const server = createServer(settingsFor(folder.file()));
    const opened = server.handle({ kind: "open", ...at });
    const checked = server.handle({ kind: "check", ...at });
    const notes = [...opened.notes, ...checked.notes];
    expectNewHistory(server, folder.path, { ...checked, notes });
    server.handle({ kind: "close" });
  });

  it("goes on with a new file when damage shows while it runs", () => {
    using folder = tempFolder();
    fill(folder.file(), true);
    damageTable(folder.file(), "chunk");
    const server = createServer(settingsFor(folder.file()));
    const replies = [
      server.handle({ kind: "open", ...at }),
      server.handle(ask(trend)),
      server.handle(commit(tags, ...reading(1))),
    ];
    expect(replies.some((reply) => !reply.ok && reply.code === "HISTORY_CORRUPT")).toBe(true);
    const notes = replies.flatMap((reply) => reply.notes);
    const [last] = replies.slice(-1);
    if (last !== undefined) expectNewHistory(server, folder.path, { ...last, notes });
    server.handle({ kind: "close" });
  });

  it("leaves a damaged chunk out of a trend and says so", () => {
    using folder = tempFolder();
    fill(folder.file(), true);
    const db = new DatabaseSync(folder.file());
    db.exec("UPDATE chunk SET rows = zeroblob(100), sum = NULL WHERE id = (SELECT min(id) FROM chunk)");
    db.close();
    const server = createServer(settingsFor(folder.file()));
    const reply = server.handle(ask(trend));
    expect(reply.notes).toEqual([
      {
        level: "warn",
        message: "damaged parts of the history were left out of an answer",
        fields: { file: folder.file(), of: "a", blobs: 1 },
      },
    ]);
    expect((answerOf(reply) as Trend).max[0]).toBeGreaterThan(0.99);
    server.handle({ kind: "close" });
  });

  it("counts the readings of a damaged journal row as lost when it comes to compact it", () => {
    using folder = tempFolder();
    const server = createServer(settingsFor(folder.file()));
    server.handle(commit(tags, ...reading(1)));
    server.handle(commit(...reading(2), ...reading(3)));
    server.handle({ kind: "close" });
    const db = new DatabaseSync(folder.file());
    db.exec("UPDATE journal SET rows = zeroblob(50) WHERE id = 2");
    db.close();
    const again = createServer(settingsFor(folder.file(), { chunkReadings: 3 }));
    expect(again.handle(ask(trend)).notes).toHaveLength(1);
    let lost = 0;
    for (
      let reply = again.handle({ kind: "step", ...at });
      reply.hasWork;
      reply = again.handle({ kind: "step", ...at })
    ) {
      lost += reply.lost;
    }
    again.handle({ kind: "close" });
    expect(lost).toBe(2);
    expect(readAll(folder.file()).map(({ sequence }) => sequence)).toEqual([1]);
  });

  it("keeps the three newest damaged files", () => {
    using folder = tempFolder();
    for (let i = 0; i < 5; i += 1) {
      writeFileSync(folder.file(), "no database".repeat(2000));
      const server = createServer(settingsFor(folder.file()));
      server.handle({ kind: "open", nowUs: START_US + (i < 2 ? 0 : i) * 1e6, nowMs: 0 });
      server.handle({ kind: "close" });
    }
    expect(asideOf(folder.path)).toEqual([
      "history.db.corrupt-2026-01-01T00-00-02.000000Z",
      "history.db.corrupt-2026-01-01T00-00-03.000000Z",
      "history.db.corrupt-2026-01-01T00-00-04.000000Z",
    ]);
  });
});

describe("server on a failing disk", () => {
  it("reports a full disk, gives the buffers back and takes the same readings later, once", () => {
    using folder = tempFolder();
    const disk = createFailingDisk();
    const server = createServer(settingsFor(folder.file()), disk.open);
    server.handle(commit(tags, ...reading(1)));
    disk.errcode = 13;
    const [block] = reading(2);
    if (block?.kind !== "block") throw new TypeError("a block was expected");
    const reply = server.handle(commit(block));
    expect(reply).toMatchObject({
      ok: false,
      code: "DISK_FULL",
      isFinal: false,
      lost: 0,
      buffers: [block.block.buffer],
    });
    disk.errcode = 0;
    expect(server.handle(commit(block)).ok).toBe(true);
    server.handle({ kind: "close" });
    expect(disk.opens).toBe(1);
    expect(readAll(folder.file()).map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it("opens the file again, and has it checked, after a failed write", () => {
    using folder = tempFolder();
    const disk = createFailingDisk();
    const server = createServer(settingsFor(folder.file()), disk.open);
    server.handle(commit(tags, ...reading(1)));
    disk.errcode = 10;
    expect(server.handle(commit(...reading(2)))).toMatchObject({
      ok: false,
      code: "HISTORY_FAILED",
      isFinal: false,
    });
    expect(server.handle(commit(...reading(2)))).toMatchObject({ ok: false });
    disk.errcode = 0;
    expect(server.handle(commit(...reading(2)))).toMatchObject({ ok: true, needsCheck: true });
    expect(server.handle({ kind: "check", ...at })).toMatchObject({ ok: true, needsCheck: false });
    server.handle({ kind: "close" });
    expect(disk.opens).toBe(2);
    expect(readAll(folder.file()).map(({ series, sequence }) => [series, sequence])).toEqual([
      ["tag a", 1],
      ["tag a", 2],
    ]);
  });

  it("does not write again what a failed disk had kept after all", () => {
    using folder = tempFolder();
    const disk = createFailingDisk();
    const server = createServer(settingsFor(folder.file()), disk.open);
    server.handle(commit(tags, ...reading(1)));
    disk.errcode = 10;
    disk.isLate = true;
    const again = commit({ kind: "tags", ids: ["b"] }, ...reading(2), openAlarm);
    expect(server.handle(again)).toMatchObject({ ok: false, code: "HISTORY_FAILED" });
    disk.errcode = 0;
    if (again.kind !== "commit") throw new TypeError("a commit was expected");
    const more = commit(...reading(3), openAlarm);
    const both = { ...again, items: [...again.items, ...(more.kind === "commit" ? more.items : [])] };
    expect(server.handle(both)).toMatchObject({ ok: true, lost: 0 });
    server.handle({ kind: "close" });
    expect(readAll(folder.file()).map(({ series, sequence }) => `${series} ${sequence}`)).toEqual([
      "tag a 1",
      "tag b 2",
      "tag b 3",
    ]);
    using db = new DatabaseSync(folder.file());
    expect(db.prepare("SELECT count(*) AS n FROM alarm_audit").get()?.["n"]).toBe(1);
  });

  it("does not forget what it saved of a damaged file while the new one cannot be made", () => {
    using folder = tempFolder();
    fill(folder.file(), true);
    const disk = createFailingDisk();
    const server = createServer(settingsFor(folder.file()), disk.open);
    server.handle(commit(tags));
    disk.errcode = 11;
    const reply = server.handle(commit(...reading(1)));
    expect(reply.notes.map(({ message }) => message)).toContain(
      "the damaged history file could not be replaced yet",
    );
    disk.errcode = 0;
    expect(server.handle(commit(...reading(2)))).toMatchObject({ ok: true });
    expect(answerOf(server.handle(ask({ kind: "baselines" })))).toHaveLength(1);
    expect(answerOf(server.handle(ask(trend)))).toMatchObject({ max: Float64Array.of(1) });
    server.handle({ kind: "close" });
  });

  it("leaves a file for the next start to check that it never came to check itself", () => {
    using folder = tempFolder();
    fill(folder.file(), false);
    const server = createServer(settingsFor(folder.file()));
    expect(server.handle({ kind: "open", ...at })).toMatchObject({ needsCheck: true });
    server.handle({ kind: "close" });
    expect(createServer(settingsFor(folder.file())).handle({ kind: "open", ...at })).toMatchObject({
      needsCheck: true,
    });
  });

  it("gives up one thing that cannot be written instead of all that comes with it", () => {
    using folder = tempFolder();
    const server = createServer(settingsFor(folder.file()));
    const bad = { kind: "baseline", baseline: { sensor: "s", json: undefined } } as unknown as Item;
    const reply = server.handle(commit(tags, ...reading(1), bad, ...reading(2)));
    expect(reply).toMatchObject({ ok: true, lost: 1 });
    expect(reply.notes.map(({ fields }) => fields["kind"])).toEqual(["baseline"]);
    server.handle({ kind: "close" });
    expect(readAll(folder.file()).map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it("tells what an operator has to mend from what passes", () => {
    using folder = tempFolder();
    mkdirSync(folder.file("folder.db"));
    const open = (file: string, more = {}) =>
      createServer(settingsFor(file, { busyMs: 0, ...more })).handle({ kind: "open", ...at });
    expect(open(folder.file("folder.db"))).toMatchObject({
      ok: false,
      isFinal: true,
      code: "HISTORY_FAILED",
    });
    expect(open(folder.file("no/such/folder.db"))).toMatchObject({ ok: false, isFinal: true });
    const owner = createServer(settingsFor(folder.file()));
    owner.handle(commit(tags));
    const second = open(folder.file());
    expect(second).toMatchObject({ ok: false, isFinal: true });
    expect(!second.ok && second.message).toContain("is in use by another process");
    owner.handle({ kind: "close" });
  });

  it("stays within a limit of pages and lives on when a single commit is too large for it", () => {
    using folder = tempFolder();
    const server = createServer(settingsFor(folder.file(), { pageLimit: 60, chunkReadings: 5000 }));
    server.handle(commit(tags));
    const large = blocksOf(
      batchOf(
        START_US,
        Array.from({ length: 80_000 }, (_, i) => ({ value: Math.sin(i) })),
      ),
    );
    expect(server.handle(commit(...large))).toMatchObject({ ok: false, code: "DISK_FULL" });
    for (let i = 0; i < 40; i += 1) {
      const batch = Array.from({ length: 2000 }, (_, row) => ({
        value: Math.sin(i * 2000 + row),
        sequence: i,
      }));
      for (
        let tries = 0;
        !server.handle(commit(...blocksOf(batchOf(START_US + i, batch)))).ok && tries < 9;
        tries += 1
      ) {
        server.handle({ kind: "step", ...at });
      }
      for (let reply = server.handle({ kind: "step", ...at }); reply.hasWork; )
        reply = server.handle({ kind: "step", ...at });
    }
    server.handle({ kind: "close" });
    expect(readFileSync(folder.file()).length).toBeLessThanOrEqual(60 * 8192);
    const kept = new Set(readAll(folder.file()).map(({ sequence }) => sequence));
    expect([...kept]).toContain(39);
    expect([...kept]).not.toContain(0);
  });
});

function markUnclean(file: string): void {
  try {
    using db = new DatabaseSync(file);
    db.exec("UPDATE state SET value = 0 WHERE name = 'stopped_cleanly'");
  } catch {
    // Too damaged even for that: then it is found without a mark.
  }
}
