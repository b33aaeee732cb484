import { DatabaseSync } from "node:sqlite";
import type { Clock } from "@stethos/protocol-finger/clock";
import { ModelError } from "../errors.ts";
import { diskError } from "./disk-error.ts";

const LOOK_AGAIN_MS = 200;
// SQLITE_BUSY, https://www.sqlite.org/rescode.html
const BUSY = 5;

/** Does `work` while no other process, and nobody else in this one, works under the same file. The lock is the operating
 *  system's (SQLite's on an empty database): it ends with the process, however that ends.
 *  @throws ModelError REGISTRY_CONFLICT where it is still taken after `longestWaitMs` */
export async function withFolderLock<T>(
  file: string,
  longestWaitMs: number,
  clock: Clock,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  using database = openLock(file);
  const giveUpAt = clock.monotonicMs() + longestWaitMs;
  while (!isTaken(database, file)) {
    if (clock.monotonicMs() >= giveUpAt) {
      throw new ModelError(
        "REGISTRY_CONFLICT",
        `another process has been working on ${file} for ${Math.round(longestWaitMs / 1000)} s; ` +
          "wait for it to end, or end it",
      );
    }
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
  return await work();
}

function openLock(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0 });
  } catch (cause) {
    throw diskError(`${file} cannot be opened as a lock`, cause);
  }
}

function isTaken(database: DatabaseSync, file: string): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && "errcode" in thrown && thrown.errcode === BUSY) return false;
    throw diskError(`${file} cannot be locked`, thrown);
  }
}
