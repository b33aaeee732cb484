import { DatabaseSync } from "node:sqlite";
import { ModelError } from "../errors.ts";

/** What must never go back: the highest pointer seen of each channel, and the highest version committed of each model. */
export interface DownloadMemory {
  pointerSequence(name: string, channel: string): number;
  /** Keeps the higher one; on disk when it returns. */
  sawPointer(name: string, channel: string, sequence: number): void;
  committedSequence(name: string): number;
  /** Keeps the higher one; on disk when it returns. */
  committed(name: string, sequence: number): void;
}

// Busy for longer than this is not busy but stuck: a transaction here takes milliseconds.
const BUSY_MS = 5000;

/** Kept in a small SQLite file: atomic, durable, and safe with several processes. Opened for each use, since that is rare.
 *  A memory that cannot be read refuses everything: without it an old version could be passed off as news. */
export function createDownloadMemory(file: string): DownloadMemory {
  function use<T>(work: (database: DatabaseSync) => T): T {
    try {
      using database = new DatabaseSync(file, { timeout: BUSY_MS });
      database.exec("PRAGMA synchronous = FULL");
      database.exec(
        "CREATE TABLE IF NOT EXISTS highest (what TEXT NOT NULL, name TEXT NOT NULL, channel TEXT NOT NULL," +
          " sequence INTEGER NOT NULL, PRIMARY KEY (what, name, channel)) STRICT",
      );
      return work(database);
    } catch (cause) {
      throw new ModelError(
        "MODEL_DOWNGRADED",
        `${file}, the memory of what was seen and committed, cannot be used; without it nobody can tell an old version ` +
          "from a new one. Check the disk; if the file is damaged, look at what the channel points at, then remove it",
        { cause },
      );
    }
  }

  const read = (what: string, name: string, channel: string): number =>
    use((database) => {
      const sql = "SELECT sequence FROM highest WHERE what = ? AND name = ? AND channel = ?";
      const row = database.prepare(sql).get(what, name, channel);
      return row === undefined ? 0 : Number(row["sequence"]);
    });

  const raise = (what: string, name: string, channel: string, sequence: number): void =>
    use((database) => {
      const sql =
        "INSERT INTO highest (what, name, channel, sequence) VALUES (?, ?, ?, ?) ON CONFLICT (what, name, channel)" +
        " DO UPDATE SET sequence = excluded.sequence WHERE excluded.sequence > sequence";
      database.prepare(sql).run(what, name, channel, sequence);
    });

  return {
    pointerSequence: (name, channel) => read("pointer", name, channel),
    sawPointer: (name, channel, sequence) => raise("pointer", name, channel, sequence),
    committedSequence: (name) => read("committed", name, ""),
    committed: (name, sequence) => raise("committed", name, "", sequence),
  };
}
