import { type BatchBody, BatchError, claimedRows, decodeBatch } from "../../../core/outbox/batch-codec.ts";
import { STREAMS, type Stream } from "../../../core/outbox/outbound.ts";
import type { TimeUs } from "../../../core/time.ts";
import { type Database, damagedPage, isConflict } from "../database.ts";
import { checksumOf } from "./checksum.ts";

/** What is small about a batch. */
export interface BatchEntry {
  readonly id: number;
  readonly epochId: number;
  /** undefined where the entry itself is damaged. */
  readonly stream: Stream | undefined;
  readonly rows: number;
  readonly committedUs: TimeUs;
  /** On the clock that stands while the agent does. */
  readonly ranMs: number;
  /** When its rows were made. */
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
}

/** A batch before it has its number. */
export interface BatchDraft {
  readonly stream: Stream;
  readonly rows: number;
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  readonly bytes: Uint8Array;
}

export interface Epoch {
  readonly epoch: string;
  readonly node: string;
}

export interface Commitment {
  readonly epochId: number;
  readonly epoch: Epoch;
  readonly committedUs: TimeUs;
  readonly ranMs: number;
  /** Number of the last item of the commit. */
  readonly upTo: number;
}

/** The queue itself. What changes it belongs within a transaction. */
export interface BatchTable {
  insert(draft: BatchDraft, how: Commitment): number;
  /** @returns false where it is not found by its number, whatever a walk over the queue says */
  remove(id: number): boolean;
  /** Some of the numbers from `from` up to before `to`, lowest first.
   *  @throws as of a damaged page where they are in another order: whoever goes on after the last would never end */
  between(from: number, to: number, most: number): readonly BatchEntry[];
  /** One after the other. */
  all(order: "falling" | "rising"): Generator<BatchEntry>;
  /** The lowest of some streams. */
  lowestOf(streams: readonly Stream[], most: number): readonly BatchEntry[];
  get(id: number): BatchEntry | undefined;
  /** What was put in, or undefined where a bit of it is another now. */
  body(entry: BatchEntry): BatchBody | undefined;
  /** Rows of one that is damaged; -1 where its entry and its body do not tell the same. */
  rowsIn(entry: BatchEntry): number;
  rawBody(id: number): Uint8Array | undefined;
  epochOf(id: number): Epoch | undefined;
  /** Number of the last item of the newest batch, and that batch. */
  newest(): { readonly id: number; readonly upTo: number; readonly ranMs: number };
  totals(from: number, to: number, streams?: readonly Stream[]): Totals;
}

export interface Totals {
  readonly batches: number;
  readonly rows: number;
  readonly lowest: number | undefined;
}

type Row = Record<string, unknown>;

const COLUMNS = "id, epoch, stream, rows, committed_us, ran_ms, from_us, to_us";

const codeOf = (stream: Stream): number => STREAMS.indexOf(stream);
/** Streams as a list for SQL: numbers of ours, no text from anywhere. */
const listOf = (streams: readonly Stream[]): string => `(${streams.map(codeOf).join(",")})`;

export function createBatchTable(db: Database): BatchTable {
  const insert = db.prepare(
    "INSERT INTO batch (epoch, stream, rows, committed_us, ran_ms, from_us, to_us, up_to) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const insertBody = db.prepare("INSERT INTO body (id, crc, bytes) VALUES (?, ?, ?)");
  const remove = db.prepare("DELETE FROM batch WHERE id = ?");
  const removeBody = db.prepare("DELETE FROM body WHERE id = ?");
  const between = db.prepare(`SELECT ${COLUMNS} FROM batch WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`);
  const one = db.prepare(`SELECT ${COLUMNS} FROM batch WHERE id = ?`);
  const body = db.prepare("SELECT crc, bytes FROM body WHERE id = ?");
  const newest = db.prepare("SELECT id, up_to, ran_ms FROM batch ORDER BY id DESC LIMIT 1");
  const epoch = db.prepare("SELECT epoch, node FROM epoch WHERE id = ?");
  const epochs = new Map<number, Epoch>();
  const lowest = new Map<string, ReturnType<Database["prepare"]>>();
  const totals = new Map<string, ReturnType<Database["prepare"]>>();

  const prepared = (cache: typeof lowest, list: string, sql: string) => {
    const statement = cache.get(list) ?? db.prepare(sql);
    cache.set(list, statement);
    return statement;
  };

  function epochOf(id: number): Epoch | undefined {
    const known = epochs.get(id);
    if (known !== undefined) return known;
    const row = epoch.get(id);
    if (row === undefined) return undefined;
    const found = { epoch: String(row["epoch"]), node: String(row["node"]) };
    epochs.set(id, found);
    return found;
  }

  /** The file gives the numbers itself, and never twice. */
  function putBody(id: number, crc: number, bytes: Uint8Array): void {
    try {
      insertBody.run(id, crc, bytes);
    } catch (thrown) {
      if (isConflict(thrown)) throw damagedPage(`a body of number ${id} is there already`);
      throw thrown;
    }
  }

  function rawBody(id: number): Uint8Array | undefined {
    const bytes = body.get(id)?.["bytes"];
    return bytes instanceof Uint8Array ? bytes : undefined;
  }

  return {
    insert(draft, how) {
      const { stream, rows, fromUs, toUs, bytes } = draft;
      const { epochId, committedUs, ranMs, upTo } = how;
      const done = insert.run(epochId, codeOf(stream), rows, committedUs, ranMs, fromUs, toUs, upTo);
      const id = Number(done.lastInsertRowid);
      putBody(id, checksumOf(bytes, ...sealedWith({ id, ...draft, ...how }, how.epoch)), bytes);
      return id;
    },
    remove(id) {
      const { changes } = remove.run(id);
      removeBody.run(id);
      return changes === 1;
    },
    between(from, to, most) {
      const entries = between.all(from, Math.min(to, Number.MAX_SAFE_INTEGER), most).map(entryOf);
      assertRising(entries, from, to);
      return entries;
    },
    *all(order) {
      const sql = `SELECT ${COLUMNS} FROM batch ORDER BY id ${order === "rising" ? "ASC" : "DESC"}`;
      for (const row of db.prepare(sql).iterate()) yield entryOf(row);
    },
    lowestOf(streams, most) {
      if (streams.length === 0) return [];
      const list = listOf(streams);
      const sql = `SELECT ${COLUMNS} FROM batch WHERE stream IN ${list} ORDER BY id LIMIT ?`;
      return prepared(lowest, list, sql).all(most).map(entryOf);
    },
    get(id) {
      const row = one.get(id);
      return row === undefined ? undefined : entryOf(row);
    },
    body(entry) {
      const row = body.get(entry.id);
      const name = epochOf(entry.epochId);
      if (row === undefined || name === undefined || entry.stream === undefined) return undefined;
      const bytes = row["bytes"];
      if (!(bytes instanceof Uint8Array)) return undefined;
      if (checksumOf(bytes, ...sealedWith(entry, name)) !== Number(row["crc"])) return undefined;
      return decoded(bytes);
    },
    rowsIn({ id, rows }) {
      const bytes = rawBody(id);
      return bytes !== undefined && claimedRows(bytes) === rows ? rows : -1;
    },
    rawBody,
    epochOf,
    newest() {
      const row = newest.get();
      return { id: number(row, "id"), upTo: number(row, "up_to"), ranMs: number(row, "ran_ms") };
    },
    totals(from, to, streams = STREAMS) {
      const list = listOf(streams);
      const sql = `SELECT count(*) AS batches, coalesce(sum(rows), 0) AS rows, min(id) AS lowest FROM batch WHERE id >= ? AND id < ? AND stream IN ${list}`;
      const row = prepared(totals, list, sql).get(from, Math.min(to, Number.MAX_SAFE_INTEGER));
      const low = row?.["lowest"];
      return {
        batches: number(row, "batches"),
        rows: number(row, "rows"),
        lowest: typeof low === "number" ? low : undefined,
      };
    },
  };
}

const number = (row: Row | undefined, name: string): number => Number(row?.[name] ?? 0);

const entryOf = (row: Row): BatchEntry => ({
  id: number(row, "id"),
  epochId: number(row, "epoch"),
  stream: STREAMS[number(row, "stream")],
  rows: number(row, "rows"),
  committedUs: number(row, "committed_us"),
  ranMs: number(row, "ran_ms"),
  fromUs: number(row, "from_us"),
  toUs: number(row, "to_us"),
});

/** A page with a flipped bit is walked over in whatever order it has, and not a word of SQLite. */
function assertRising(entries: readonly BatchEntry[], from: number, to: number): void {
  let least = from;
  for (const { id } of entries) {
    if (id < least || id >= to) throw damagedPage(`batch ${id} stands where ${least} or more should`);
    least = id + 1;
  }
}

/** Whatever a sink or a chart sees of a batch beside its rows. */
const sealedWith = (
  { id, stream, rows, committedUs, fromUs, toUs }: Omit<BatchEntry, "epochId" | "ranMs">,
  { epoch, node }: Epoch,
) => [id, stream ?? "", rows, committedUs, fromUs, toUs, epoch, node];

function decoded(bytes: Uint8Array): BatchBody | undefined {
  try {
    return decodeBatch(bytes);
  } catch (thrown) {
    // A checksum that fits by chance, or a later version of this program.
    if (thrown instanceof BatchError) return undefined;
    throw thrown;
  }
}
