import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../test-kit.ts";
import { missesCommits } from "./log-check.ts";

const COMMITS = 12;

/** A database whose owner died, and where in its log the last commit begins. */
function unclean(folder: string): { readonly file: string; readonly log: Buffer; readonly lastAt: number } {
  const [live, file] = [`${folder}/live.db`, `${folder}/dead.db`];
  using db = new DatabaseSync(live);
  for (const each of [
    "page_size = 4096",
    "journal_mode = WAL",
    "locking_mode = EXCLUSIVE",
    "synchronous = FULL",
  ]) {
    db.prepare(`PRAGMA ${each}`).all();
  }
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB)");
  let lastAt = 0;
  for (let i = 0; i < COMMITS; i += 1) {
    lastAt = readFileSync(`${live}-wal`).length;
    db.prepare("INSERT INTO t (b) VALUES (?)").run(new Uint8Array(9000).fill(i + 1));
  }
  for (const part of ["", "-wal"]) copyFileSync(live + part, file + part);
  return { file, log: readFileSync(`${file}-wal`), lastAt };
}

describe("a look at the log of an unclean stop", () => {
  it("finds nothing missing where there is no log, an empty one, and a whole one", () => {
    using folder = tempFolder();
    const { file } = unclean(folder.path);
    expect(missesCommits(file)).toBe(false);
    writeFileSync(`${file}-wal`, "");
    expect(missesCommits(file)).toBe(false);
    expect(missesCommits(folder.file("none.db"))).toBe(false);
  });

  it("misses a commit of which any bit is another, but for the last one", () => {
    using folder = tempFolder();
    const { file, log, lastAt } = unclean(folder.path);
    const endAt = lastAt - 4096 - 24 + 4;
    const places = fc.record({ at: fc.nat(log.length - 1), bit: fc.nat(7) });
    fc.assert(
      fc.property(places, ({ at, bit }) => {
        // The field that makes a frame the end of its commit: without it two commits look like one.
        fc.pre(at < endAt || at >= endAt + 4);
        const bytes = Buffer.from(log);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        writeFileSync(`${file}-wal`, bytes);
        if (at < lastAt) expect(missesCommits(file)).toBe(true);
        else expect(missesCommits(file)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it("takes a last commit that was torn for what it is, wherever", () => {
    using folder = tempFolder();
    const { file, log, lastAt } = unclean(folder.path);
    for (let at = lastAt; at < log.length; at += 500) {
      writeFileSync(`${file}-wal`, log.subarray(0, at));
      expect(missesCommits(file)).toBe(false);
      writeFileSync(`${file}-wal`, Buffer.from(log).fill(0, at, Math.min(log.length, at + 512)));
      expect(missesCommits(file)).toBe(false);
    }
  });
});
