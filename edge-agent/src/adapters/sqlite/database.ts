import { DatabaseSync, type StatementSync } from "node:sqlite";
import { EdgeError } from "../../core/errors.ts";

/** What a store asks of SQLite; tests put a failing disk behind it. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): StatementSync;
  close(): void;
  readonly isTransaction: boolean;
}

export interface DatabaseLimits {
  readonly maxBytes: number;
  /** Pages that the file may have; by default what `maxBytes` holds. */
  readonly pageLimit?: number | undefined;
  /** Of a new file; 8 KiB by default. */
  readonly pageBytes?: number | undefined;
  /** How long to wait for another process to let go of the file. */
  readonly busyMs?: number | undefined;
}

const PAGE_BYTES = 8192;

/** Before 3.51.3 two checkpoints in a row could corrupt a WAL database (fixed there, sqlite.org/wal.html). */
const OLDEST_SQLITE = [3, 51, 3] as const;

/** Bytes of the log at which it is written back into the file: on a slow card a commit waits 0.2 s for that. */
const CHECKPOINT_BYTES = 4 * 2 ** 20;
/** A process that was told to stop closes its file within this. */
const BUSY_MS = 2000;
/** Share of `maxBytes` that is left to the write-ahead log. */
const WAL_SHARE = 1 / 8;
const MOST_WAL_BYTES = 16 * 2 ** 20;

export function openDatabase(file: string, limits: DatabaseLimits): Database {
  const db = new DatabaseSync(file, { timeout: limits.busyMs ?? BUSY_MS });
  try {
    assertVersion(db);
    configure(db, limits);
  } catch (thrown) {
    db.close();
    throw thrown;
  }
  return db;
}

const walBytesOf = (limits: DatabaseLimits): number => Math.min(MOST_WAL_BYTES, limits.maxBytes * WAL_SHARE);

const pageBytesOf = (limits: DatabaseLimits): number => limits.pageBytes ?? PAGE_BYTES;

/** Pages that the file may have beside its log. */
export const pagesOf = (limits: DatabaseLimits): number =>
  limits.pageLimit ?? Math.floor((limits.maxBytes - walBytesOf(limits)) / pageBytesOf(limits));

/** Every setting that durability hangs on is stated, whatever the library's defaults are. */
function configure(db: Database, limits: DatabaseLimits): void {
  const walBytes = walBytesOf(limits);
  // The log grows past the checkpoint's threshold by one transaction: at most half of its room is the threshold.
  const walPages = Math.floor(Math.min(CHECKPOINT_BYTES, walBytes / 2) / pageBytesOf(limits));
  for (const pragma of [
    // These two act on a new file only, and before anything is written.
    `page_size = ${pageBytesOf(limits)}`,
    "auto_vacuum = INCREMENTAL",
    // One process owns the file: a second agent is refused instead of doubling every reading. It also keeps the
    // index of the log in ordinary memory, so that nothing is mapped.
    "locking_mode = EXCLUSIVE",
    "mmap_size = 0",
    "journal_mode = WAL",
    // Each commit is flushed to the disk: it survives a power cut, not only kill -9.
    "synchronous = FULL",
    `wal_autocheckpoint = ${walPages}`,
    `journal_size_limit = ${Math.floor(walBytes)}`,
    "temp_store = MEMORY",
    "cache_size = -8192",
    "cell_size_check = ON",
    `max_page_count = ${pagesOf(limits)}`,
  ]) {
    db.prepare(`PRAGMA ${pragma}`).all();
  }
}

function assertVersion(db: Database): void {
  const text = String(db.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
  if (isOldSqlite(text)) {
    throw new EdgeError(
      "HISTORY_FAILED",
      `its database needs SQLite ${OLDEST_SQLITE.join(".")} or newer, this Node.js carries ${text}: older ones can corrupt the file; install Node.js 24.18.1 or newer`,
    );
  }
}

export function isOldSqlite(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, least] of OLDEST_SQLITE.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

/** All of `work` or nothing of it. */
export function transaction<T>(db: Database, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (thrown) {
    // A full disk or a failed write may have rolled back already.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw thrown;
  }
}

export function pragmaNumber(db: Database, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
}

/** The first things that `quick_check` finds wrong; undefined where the file is sound. */
export function findDamage(db: Database): string | undefined {
  const rows = db.prepare("PRAGMA quick_check(3)").all();
  const text = rows.map((row) => String(row["quick_check"])).join("; ");
  return text === "ok" ? undefined : text;
}

export type SqliteFault = "busy" | "corrupt" | "denied" | "full" | "io" | "other";

const SQLITE_ERROR = 1;
const SQLITE_CORRUPT = 11;

// Primary result codes, sqlite.org/rescode.html.
const FAULTS: Readonly<Record<number, SqliteFault>> = {
  5: "busy",
  6: "busy",
  8: "denied",
  10: "io",
  [SQLITE_CORRUPT]: "corrupt",
  13: "full",
  14: "denied",
  26: "corrupt",
};

/** Damage that SQLite reads over, told as it tells of what it notices itself. */
export const damagedPage = (what: string): Error =>
  Object.assign(new Error(`database disk image is malformed: ${what}`), { errcode: SQLITE_CORRUPT });

// Of a primary key, another unique column, a rowid.
const CONFLICTS: ReadonlySet<number | undefined> = new Set([1555, 2067, 2579]);

/** What should be written is there already. */
export const isConflict = (thrown: unknown): boolean => CONFLICTS.has(codeOf(thrown));

/** What opening a file throws when it is damaged: every statement fits the schema, unless the damage is there. */
export const isDamage = (thrown: unknown): boolean =>
  faultOf(thrown) === "corrupt" || codeOf(thrown) === SQLITE_ERROR;

/** What kind of trouble an error of node:sqlite is; undefined where it is none of SQLite's. */
export function faultOf(thrown: unknown): SqliteFault | undefined {
  const code = codeOf(thrown);
  return code === undefined ? undefined : (FAULTS[code & 0xff] ?? "other");
}

function codeOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ("errcode" in thrown && typeof thrown.errcode === "number") return thrown.errcode;
  return isBeyondNumbers(thrown) ? SQLITE_CORRUPT : undefined;
}

/** No store writes an integer that is larger than JavaScript's: node:sqlite met noise. */
const isBeyondNumbers = (thrown: Error): boolean =>
  "code" in thrown && thrown.code === "ERR_OUT_OF_RANGE" && thrown.message.startsWith("Value is too large");
