import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seededRandom } from "../fuzz/random.ts";
import { createDisk, type Survival } from "./disk.ts";
import { type Op, parseTrace, recorded } from "./trace.ts";

let folder: string;
let logs: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recorder-"));
  logs = mkdtempSync(join(tmpdir(), "recorder-log-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  rmSync(logs, { recursive: true });
});

/** Records a program that is run in the folder. */
function record(program: string): readonly Op[] {
  const log = join(logs, "trace");
  const [command = "", ...rest] = recorded(log, [process.execPath, "--input-type=module", "-e", program]);
  execFileSync(command, rest, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  return parseTrace(readFileSync(log, "latin1"), folder);
}

function crashed(ops: readonly Op[], survival: Survival): ReadonlyMap<string, Buffer> {
  const disk = createDisk();
  for (const op of ops) disk.apply(op);
  return disk.crash(seededRandom(1), survival);
}

const DATABASE = `
  import { writeSync } from "node:fs";
  import { DatabaseSync } from "node:sqlite";
  import { Worker, isMainThread } from "node:worker_threads";
  const db = new DatabaseSync("a.db");
  for (const each of ["journal_mode = WAL", "locking_mode = EXCLUSIVE", "synchronous = FULL", "wal_autocheckpoint = 20"])
    db.prepare("PRAGMA " + each).all();
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB)");
  const insert = db.prepare("INSERT INTO t (b) VALUES (?)");
  for (let i = 0; i < 60; i += 1) {
    insert.run(new Uint8Array(3000).fill(i));
    writeSync(1, i + "\\n");
  }
`;

const INDEX = "a.db-shm";

describe("the recorder of writes", { timeout: 120_000 }, () => {
  it("misses nothing: what it saw is byte for byte what lies on the disk", () => {
    const ops = record(DATABASE);
    const found = crashed(ops, "everything");
    const names = readdirSync(folder).filter((name) => name !== INDEX);
    expect([...found.keys()].filter((name) => name !== INDEX).sort()).toEqual(names.sort());
    for (const name of names) expect(found.get(name)?.equals(readFileSync(join(folder, name)))).toBe(true);
    expect(ops.filter(({ kind }) => kind === "say")).toHaveLength(60);
  });

  it("knows what was flushed: that much is left when everything else is lost", () => {
    const ops = record(`
      import { fsyncSync, ftruncateSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs";
      const place = (name) => process.cwd() + "/" + name;
      const [folder, kept, lost] = ["", "kept", "lost"].map((name) => openSync(place(name), name === "" ? "r" : "w+"));
      writeSync(kept, "abcdef", 0);
      fsyncSync(kept);
      fsyncSync(folder);
      writeSync(kept, "XY", 0);
      ftruncateSync(kept, 3);
      openSync(place("unnamed"), "w");
      unlinkSync(place("lost"));
      renameSync(place("kept"), place("renamed"));
    `);
    const nothing = crashed(ops, "nothing");
    expect([...nothing].map(([name, bytes]) => [name, String(bytes)])).toEqual([
      ["kept", "abcdef"],
      ["lost", ""],
    ]);
    const everything = crashed(ops, "everything");
    expect([...everything].map(([name, bytes]) => [name, String(bytes)])).toEqual([
      ["unnamed", ""],
      ["renamed", "XYc"],
    ]);
  });

  it("refuses a record with a call that it does not understand", () => {
    const write = `import { writeFileSync } from "node:fs"; writeFileSync(process.cwd() + "/a", "b");`;
    expect(() => record(write)).toThrow("a call that is not understood: write(");
  });
});
