import type { Database } from "./database.ts";

export type SeriesKind = "health" | "score" | "tag";

/** Names of series and their keys in the file, which stay the same for ever. */
export interface SeriesTable {
  /** The key of a series, which it is given when it is new. Within a transaction. */
  keyOf(kind: SeriesKind, name: string): number;
  find(kind: SeriesKind, name: string): number | undefined;
  /** Forgets what a transaction that failed had added. */
  reload(): void;
}

export function createSeriesTable(db: Database): SeriesTable {
  const all = db.prepare("SELECT key, kind, name FROM series");
  const insert = db.prepare("INSERT INTO series (kind, name) VALUES (?, ?) RETURNING key");
  const keys = new Map<string, number>();

  function reload(): void {
    keys.clear();
    for (const row of all.iterate()) keys.set(`${row["kind"]} ${row["name"]}`, Number(row["key"]));
  }

  reload();
  return {
    keyOf(kind, name) {
      const known = keys.get(`${kind} ${name}`);
      if (known !== undefined) return known;
      const key = Number(insert.get(kind, name)?.["key"]);
      keys.set(`${kind} ${name}`, key);
      return key;
    },
    find: (kind, name) => keys.get(`${kind} ${name}`),
    reload,
  };
}
