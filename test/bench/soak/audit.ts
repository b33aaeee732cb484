import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { Client } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { tagNumber } from "../../outbox/load.ts";

/** Looks at every row that a receiver has, in the order in which it came. */
export interface Audit {
  see(tag: number, sequence: number): void;
  /** Rows; lost: of so many rounds. */
  result(): AuditResult;
}

export interface AuditResult {
  readonly rows: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
}

export function createAudit(tags: number, rounds: number): Audit {
  const seen = new Uint8Array(Math.ceil((tags * rounds) / 8));
  const newest = new Int32Array(tags).fill(-1);
  let rows = 0;
  let duplicated = 0;
  let reordered = 0;
  return {
    see(tag, sequence) {
      const place = sequence * tags + tag;
      const bit = 1 << (place & 7);
      const byte = seen[place >>> 3] ?? 0;
      rows += 1;
      if ((byte & bit) !== 0) duplicated += 1;
      seen[place >>> 3] = byte | bit;
      if (sequence < (newest[tag] ?? -1)) reordered += 1;
      newest[tag] = sequence;
    },
    result: () => ({ rows, lost: tags * rounds - (rows - duplicated), duplicated, reordered }),
  };
}

/** Of the Parquet files of a folder, by their numbers. */
export async function auditFiles(folder: string, audit: Audit): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".parquet"));
  const firstOf = (name: string): number => Number(/\.(\d+)-\d+\.\d+rows\./.exec(name)?.[1]);
  for (const name of names.sort((a, b) => firstOf(a) - firstOf(b))) {
    const file = await asyncBufferFromFile(join(folder, name));
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const columns = ["tag", "sequence"];
      const rows = await parquetReadObjects({ file, metadata, columns, rowStart, rowEnd });
      for (const row of rows) audit.see(tagNumber(String(row["tag"])), Number(row["sequence"]));
      rowStart = rowEnd;
    }
  }
}

const HEADER_BYTES = 19;
/** Count of fields, length and id of the tag, length and sequence (PostgreSQL 15, COPY, "Binary Format"). */
const ROW_BYTES = 2 + 4 + 4 + 4 + 8;

/** Of a table of PostgreSQL, as its rows lie there: nothing is ever updated. */
export async function auditTable(
  connection: { readonly host: string; readonly port: number; readonly schema: string },
  audit: Audit,
): Promise<void> {
  const { host, port, schema } = connection;
  const client = new Client({ host, port, user: "postgres", database: "plant" });
  await client.connect();
  try {
    await client.query(
      `SET search_path = ${schema}; SET max_parallel_workers_per_gather = 0; SET synchronize_seqscans = off`,
    );
    const { rows } = await client.query<{ id: number; name: string }>("SELECT id, name FROM tag");
    const tags = new Map(rows.map(({ id, name }) => [id, tagNumber(name)]));
    const copy = client.query(
      copyTo("COPY (SELECT tag_id, sequence FROM reading) TO STDOUT (FORMAT binary)"),
    );
    let rest: Buffer = Buffer.alloc(0);
    let isBegun = false;
    for await (const chunk of copy as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      if (!isBegun && bytes.length >= HEADER_BYTES) {
        isBegun = true;
        at = HEADER_BYTES;
      }
      for (; isBegun && at + ROW_BYTES <= bytes.length; at += ROW_BYTES) {
        const sequence = bytes.readUInt32BE(at + 14) * 2 ** 32 + bytes.readUInt32BE(at + 18);
        audit.see(tags.get(bytes.readInt32BE(at + 6)) ?? -1, sequence);
      }
      rest = bytes.subarray(at);
    }
  } finally {
    await client.end();
  }
}

export const sizeOf = async (file: string): Promise<number> =>
  await stat(file).then(
    ({ size }) => size,
    // Not there at this moment.
    () => 0,
  );
