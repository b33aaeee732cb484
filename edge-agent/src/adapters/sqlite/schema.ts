import { EdgeError } from "../../core/errors.ts";
import { type Database, pragmaNumber, transaction } from "./database.ts";

export const SCHEMA_VERSION = 1;

/** "SteH": marks the file as a history, so that no other program's database is ever written to or set aside. */
const APPLICATION_ID = 0x53746548;

/* A segment is what was recorded between two compactions. Its chunks lie together, in the order of their series:
 *  id = segment x 2^24 + key, so that one series of one segment is found without an index, writing only ever appends
 *  and dropping a segment frees whole pages. A segment counts only once it is valid: chunks of others are waste. */
const TABLES = `
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (${SCHEMA_VERSION});
CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO state VALUES ('stopped_cleanly', 1), ('run_from', 0);
CREATE TABLE series (key INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name));
CREATE TABLE journal (
  id INTEGER PRIMARY KEY, t0 REAL NOT NULL, t1 REAL NOT NULL, first_us REAL NOT NULL, readings INTEGER NOT NULL,
  tag_readings INTEGER NOT NULL, up_to INTEGER NOT NULL, rows BLOB NOT NULL);
CREATE TABLE segment (
  id INTEGER PRIMARY KEY AUTOINCREMENT, valid INTEGER NOT NULL, t0 REAL, t1 REAL, first_us REAL, last_us REAL,
  tag_readings INTEGER NOT NULL DEFAULT 0, audit_to INTEGER, waveform_to INTEGER, times BLOB);
CREATE TABLE chunk (
  id INTEGER PRIMARY KEY, t0 REAL NOT NULL, t1 REAL NOT NULL, readings INTEGER NOT NULL, usable INTEGER NOT NULL,
  min REAL, max REAL, sum REAL, rows BLOB NOT NULL);
CREATE TABLE alarm (
  id TEXT NOT NULL UNIQUE, raised_us REAL NOT NULL, is_open INTEGER NOT NULL, audited INTEGER NOT NULL, json TEXT NOT NULL);
CREATE INDEX alarm_raised ON alarm (raised_us);
CREATE TABLE alarm_audit (id INTEGER PRIMARY KEY AUTOINCREMENT, alarm TEXT NOT NULL, at_us REAL NOT NULL, json TEXT NOT NULL);
CREATE TABLE waveform (
  id INTEGER PRIMARY KEY AUTOINCREMENT, alarm TEXT NOT NULL, sensor TEXT NOT NULL, unit TEXT NOT NULL, json TEXT NOT NULL,
  samples BLOB NOT NULL);
CREATE INDEX waveform_alarm ON waveform (alarm);
CREATE TABLE baseline (sensor TEXT PRIMARY KEY, json TEXT NOT NULL);
PRAGMA application_id = ${APPLICATION_ID};
`;

/* What is looked for has an index. They came later than the tables: a file without them gets them, and one that has them
 * is read by earlier versions too, which keep them in order without knowing what they are for. */
const INDEXES = `
CREATE INDEX IF NOT EXISTS alarm_machine ON alarm (CASE WHEN json_valid(json) THEN json_extract(json, '$.machine') END, raised_us);
CREATE INDEX IF NOT EXISTS alarm_audit_alarm ON alarm_audit (alarm);
`;

/** Makes the tables of a new file; refuses a file that is not ours to write to.
 *  @throws EdgeError HISTORY_FAILED */
export function prepareSchema(db: Database, file: string): void {
  const tables = Number(db.prepare("SELECT count(*) AS n FROM sqlite_master").get()?.["n"]);
  if (tables === 0) {
    transaction(db, () => db.exec(TABLES + INDEXES));
    return;
  }
  if (pragmaNumber(db, "application_id") !== APPLICATION_ID) {
    throw new EdgeError(
      "HISTORY_FAILED",
      `${file} is a database of another program; name a file of its own for the history`,
    );
  }
  const version = Number(db.prepare("SELECT version FROM schema_version").get()?.["version"]);
  if (version !== SCHEMA_VERSION) {
    throw new EdgeError(
      "HISTORY_FAILED",
      `the history ${file} was written by a newer version of this program (schema ${version}, this one knows ${SCHEMA_VERSION}); install that version again, or move the file away to begin a new history`,
    );
  }
  transaction(db, () => db.exec(INDEXES));
}

/** What a run of the agent leaves to the next. */
export interface RunState {
  /** 1, or 0 where the file was not closed in order. */
  readonly stoppedCleanly: number;
  /** Id of the newest commit of the run before this one. */
  readonly runFrom: number;
}

export function readState(db: Database): RunState {
  const rows = db.prepare("SELECT name, value FROM state").all();
  const value = (name: string) => Number(rows.find((row) => row["name"] === name)?.["value"] ?? 0);
  return { stoppedCleanly: value("stopped_cleanly"), runFrom: value("run_from") };
}

export function writeState(db: Database, state: RunState): void {
  const update = db.prepare("UPDATE state SET value = ? WHERE name = ?");
  transaction(db, () => {
    update.run(state.stoppedCleanly, "stopped_cleanly");
    update.run(state.runFrom, "run_from");
  });
}
