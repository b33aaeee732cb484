// A disk that tests can fill: a real one of a few megabytes where the tests may mount one, a fault on demand elsewhere.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "./database.ts";
import { type Connect, startWorker } from "./link.ts";
import { createServer } from "./server.ts";

export interface SmallDisk extends Disposable {
  file(name?: string): string;
  readonly connect: Connect;
  fill(): void;
  free(): void;
}

const BYTES = 6 * 2 ** 20;

export function createSmallDisk(wanted: "any" | "simulated"): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), "stethos-disk-"));
  const file = (name = "history.db") => join(path, name);
  const isRoot = process.getuid?.() === 0;
  const mounted =
    wanted === "any" &&
    isRoot &&
    spawnSync("mount", ["-t", "tmpfs", "-o", `size=${BYTES}`, "tmpfs", path]).status === 0;
  const disk = mounted ? realDisk(file("filler")) : failingDisk();
  return {
    ...disk,
    file,
    [Symbol.dispose]() {
      if (mounted) spawnSync("umount", ["-l", path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function realDisk(filler: string): Pick<SmallDisk, "connect" | "fill" | "free"> {
  return {
    connect: startWorker,
    fill() {
      const handle = openSync(filler, "w");
      try {
        // Ever smaller pieces, down to the last free page.
        for (let bytes = 2 ** 20; bytes >= 4096; ) {
          try {
            writeSync(handle, new Uint8Array(bytes));
          } catch {
            bytes /= 2;
          }
        }
      } finally {
        closeSync(handle);
      }
    },
    free: () => rmSync(filler),
  };
}

export interface FailingDisk {
  /** SQLite's result code of every commit and every opening; 0 for none. */
  errcode: number;
  /** The commit reaches the disk and is said to have failed. */
  isLate: boolean;
  opens: number;
  readonly open: typeof openDatabase;
}

/** Commits fail as on a full disk while `errcode` is set. */
export function createFailingDisk(): FailingDisk {
  const disk = {
    errcode: 0,
    isLate: false,
    opens: 0,
    open(...args: Parameters<typeof openDatabase>): Database {
      fail();
      disk.opens += 1;
      const real = openDatabase(...args);
      return {
        exec(sql) {
          if (sql === "COMMIT" && !disk.isLate) fail();
          real.exec(sql);
          if (sql === "COMMIT") fail();
        },
        prepare: (sql) => real.prepare(sql),
        close: () => real.close(),
        get isTransaction() {
          return real.isTransaction;
        },
      };
    },
  };
  function fail(): void {
    const { errcode } = disk;
    if (errcode !== 0)
      throw Object.assign(new Error(`disk fault ${errcode}`), { code: "ERR_SQLITE_ERROR", errcode });
  }
  return disk;
}

const SQLITE_FULL = 13;

function failingDisk(): Pick<SmallDisk, "connect" | "fill" | "free"> {
  const disk = createFailingDisk();
  return {
    connect(settings) {
      const server = createServer(settings, disk.open);
      return { ask: async (request) => server.handle(request), end: async () => undefined };
    },
    fill() {
      disk.errcode = SQLITE_FULL;
    },
    free() {
      disk.errcode = 0;
    },
  };
}
