import { EdgeError } from "../../../core/errors.ts";
import { type Database, damagedPage, pragmaNumber, transaction } from "../database.ts";

const SCHEMA_VERSION = 1;
/** No program will ever write as high a version. */
const MOST_VERSIONS = 1000;

/** "SteO": marks the file as an outbox, so that no other program's database is ever written to or set aside. */
const APPLICATION_ID = 0x5374654f;

/* What is small about a batch lies apart from its bytes, so that looking for batches reads few pages. A number is never
 * given twice, also when the table was emptied: that is what AUTOINCREMENT is for. */
const TABLES = `
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (${SCHEMA_VERSION});
CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO state VALUES ('stopped_cleanly', 1), ('run_from', 0), ('ran_ms', 0), ('up_to', 0);
CREATE TABLE epoch (id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, node TEXT NOT NULL);
CREATE TABLE tag (key INTEGER PRIMARY KEY, json TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE batch (
  id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL, stream INTEGER NOT NULL, rows INTEGER NOT NULL,
  committed_us REAL NOT NULL, ran_ms INTEGER NOT NULL, from_us REAL NOT NULL, to_us REAL NOT NULL,
  up_to INTEGER NOT NULL);
CREATE TABLE body (id INTEGER PRIMARY KEY, crc INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE sink (name TEXT PRIMARY KEY, json TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE dropped (
  stream TEXT NOT NULL, cause TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (stream, cause)) WITHOUT ROWID;
CREATE TABLE gap (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
CREATE TABLE damaged (id INTEGER PRIMARY KEY, bytes BLOB);
PRAGMA application_id = ${APPLICATION_ID};
`;

/** Makes the tables of a new file; refuses a file that is not ours to write to.
 *  @throws EdgeError OUTBOX_FAILED */
export function prepareSchema(db: Database, file: string): void {
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  if (names.length === 0) {
    transaction(db, () => db.exec(TABLES));
    return;
  }
  // The mark is four bytes of the file like any others: where it is damaged the tables still tell.
  const isOurs = ["batch", "body", "sink"].every((ours) => names.some(({ name }) => name === ours));
  if (pragmaNumber(db, "application_id") !== APPLICATION_ID && !isOurs) {
    throw new EdgeError(
      "OUTBOX_FAILED",
      `${file} is a database of another program; name a file of its own for the outbox`,
    );
  }
  const version = Number(db.prepare("SELECT version FROM schema_version").get()?.["version"]);
  if (!(version >= 1 && version < MOST_VERSIONS)) throw damagedPage(`its schema has the version ${version}`);
  if (version !== SCHEMA_VERSION) {
    throw new EdgeError(
      "OUTBOX_FAILED",
      `the outbox ${file} was written by a newer version of this program (schema ${version}, this one knows ${SCHEMA_VERSION}); install that version again, or move the file away to begin a new outbox`,
    );
  }
}

/** What a run of the agent leaves to the next. */
export interface RunState {
  /** 1, or 0 where the file was not closed in order. */
  readonly stopped_cleanly: number;
  /** Number of the newest batch of the run before this one. */
  readonly run_from: number;
  /** How long agents ran with this file. */
  readonly ran_ms: number;
  /** Number of the last item that is written, where no batch tells. */
  readonly up_to: number;
}

export function readState(db: Database): RunState {
  const rows = db.prepare("SELECT name, value FROM state").all();
  const value = (name: keyof RunState) => Number(rows.find((row) => row["name"] === name)?.["value"] ?? 0);
  return {
    stopped_cleanly: value("stopped_cleanly"),
    run_from: value("run_from"),
    ran_ms: value("ran_ms"),
    up_to: value("up_to"),
  };
}

/** Within a transaction or as one. */
export function createStateWriter(db: Database): (state: Partial<RunState>) => void {
  const update = db.prepare("UPDATE state SET value = ? WHERE name = ? AND value <> ?");
  return (state) => {
    for (const [name, value] of Object.entries(state)) update.run(value, name, value);
  };
}

/** The highest number that a batch ever had, also when none is left.
 *  @throws as of a damaged page where the counter cannot be believed */
export function newestEver(db: Database): number {
  const newest = Number(db.prepare("SELECT max(id) AS id FROM batch").get()?.["id"] ?? 0);
  if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").get() === undefined)
    return newest;
  const row = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'batch'").get();
  const counted = Number(row?.["seq"] ?? 0);
  // SQLite writes both at once. Once the queue is empty it would begin with numbers that were given.
  if (newest > counted)
    throw damagedPage(`the counter of batches stands at ${counted}, below batch ${newest}`);
  return counted;
}

/** A name for what is committed from now on. Every opening draws one: where the file is an older copy of itself, or the
 *  same one on a second device, its numbers were given before, and a receiver that keeps a ledger would take the new
 *  batches for old ones. Names that no batch has any more are forgotten.
 *  @returns its place in the file */
export function beginEpoch(db: Database, epoch: string, node: string): number {
  return transaction(db, () => {
    const lowest = db.prepare("SELECT epoch FROM batch ORDER BY id LIMIT 1").get();
    db.prepare("DELETE FROM epoch WHERE id < ?").run(Number(lowest?.["epoch"] ?? Number.MAX_SAFE_INTEGER));
    const { lastInsertRowid } = db.prepare("INSERT INTO epoch (epoch, node) VALUES (?, ?)").run(epoch, node);
    return Number(lastInsertRowid);
  });
}
