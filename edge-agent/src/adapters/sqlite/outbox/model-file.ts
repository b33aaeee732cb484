// The file of an outbox, looked at and spoilt from outside. For model.test.ts.
import { copyFileSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** The database and its log. */
export function copyParts(from: string, to: string): void {
  for (const part of ["", "-wal"]) if (existsSync(from + part)) copyFileSync(from + part, to + part);
}

/** What the outbox's clock goes on from. */
export function baseOf(file: string): number {
  if (!existsSync(file)) return 0;
  copyParts(file, `${file}.probe`);
  const db = new DatabaseSync(`${file}.probe`);
  try {
    const sql =
      "SELECT max(coalesce((SELECT max(ran_ms) FROM batch), 0), coalesce((SELECT value FROM state WHERE name = 'ran_ms'), 0)) AS base";
    return Number(db.prepare(sql).get()?.["base"]);
  } finally {
    db.close();
  }
}

/** Of each sink: where its news begin, as it was written last. */
export function newsIn(file: string): ReadonlyMap<string, number> {
  copyParts(file, `${file}.probe`);
  const db = new DatabaseSync(`${file}.probe`);
  try {
    return new Map(
      db
        .prepare("SELECT name, json FROM sink")
        .all()
        .map(({ name, json }) => {
          const { ranges } = JSON.parse(String(json)) as { ranges: [from: number, to: number | null][] };
          return [String(name), ranges.at(-1)?.[0] ?? 1];
        }),
    );
  } finally {
    db.close();
  }
}

/** In the bytes of a batch. */
export function flipBit(file: string, number: number): void {
  const db = new DatabaseSync(file);
  const bytes = db.prepare("SELECT bytes FROM body WHERE id = ?").get(number)?.["bytes"] as Uint8Array;
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 4;
  db.prepare("UPDATE body SET bytes = ? WHERE id = ?").run(bytes, number);
  db.close();
}
