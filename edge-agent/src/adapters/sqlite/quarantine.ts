import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { rfc3339, type TimeUs } from "../../core/time.ts";
import type { StoredBaseline } from "../../ports/history.ts";
import type { AlarmState } from "./messages.ts";

/** Damaged files that are kept for whoever wants to look; older ones make room. */
const MOST_KEPT = 3;

/** Where a damaged file went. */
export interface Aside {
  readonly aside: string;
  readonly bytes: number;
}

/** What could be read out of a damaged file. */
export interface Salvage extends Aside {
  readonly baselines: readonly StoredBaseline[];
  readonly openAlarms: readonly AlarmState[];
}

/** Renames a damaged file and its log to `<file>.corrupt-<time>`. What a machine learnt and the alarms that are open
 *  are few and precious: as much of them as can be read is handed back. */
export function setAside(file: string, nowUs: TimeUs): Salvage {
  const baselines = readableRows(file, "SELECT sensor, json FROM baseline").map((row) => ({
    sensor: String(row["sensor"]),
    json: String(row["json"]),
  }));
  const openAlarms = readableRows(file, "SELECT id, raised_us, json FROM alarm WHERE is_open = 1")
    .map((row) => ({
      id: String(row["id"]),
      raisedUs: Number(row["raised_us"]),
      isOpen: true,
      json: String(row["json"]),
    }))
    .filter((alarm) => isJson(alarm.json));
  return { ...moveAside(file, nowUs), baselines, openAlarms };
}

/** Renames a damaged file and its log, and removes the oldest of those that were kept before. */
export function moveAside(file: string, nowUs: TimeUs): Aside {
  const { size: bytes } = statSync(file);
  const aside = freeName(`${file}.corrupt-${rfc3339(nowUs).replaceAll(":", "-")}`);
  for (const part of ["", "-wal", "-shm"]) {
    if (existsSync(file + part)) renameSync(file + part, aside + part);
  }
  removeOldest(file);
  return { aside, bytes };
}

/** Rows of a damaged file, up to the first page that cannot be read. */
export function readableRows(file: string, sql: string): readonly Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      for (const row of db.prepare(sql).iterate()) rows.push(row);
    } finally {
      db.close();
    }
  } catch {
    // This is the damage itself, which the caller reports: what came before it is the result.
  }
  return rows;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Text in a damaged page may be anything.
    return false;
  }
}

/** A clock that was set back may name the same moment twice. */
function freeName(wanted: string): string {
  let name = wanted;
  for (let i = 2; existsSync(name); i += 1) name = `${wanted}-${i}`;
  return name;
}

function removeOldest(file: string): void {
  const folder = dirname(file);
  const start = `${basename(file)}.corrupt-`;
  const kept = readdirSync(folder)
    .filter((name) => name.startsWith(start) && !/-(wal|shm)$/.test(name))
    .sort();
  for (const name of kept.slice(0, -MOST_KEPT)) {
    for (const part of ["", "-wal", "-shm"]) rmSync(join(folder, name + part), { force: true });
  }
}
