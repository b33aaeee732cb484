import type { ReadingRows } from "../../core/outbox/outbound.ts";
import type { Value } from "../../core/reading.ts";
import { type CopyWriter, setInt8, setTime } from "./copy-writer.ts";

/** In the order in which {@link putReadings} writes them. */
export const READING_COLUMNS = ["time", "agent_time", "value", "sequence", "tag_id", "status"] as const;
export const OTHER_COLUMNS = ["time", "tag_id", "sequence", "value"] as const;

/** Number of columns, four of 8 bytes and two of 4, each with its length. */
const ROW_BYTES = 2 + 4 * (4 + 8) + 2 * (4 + 4);
/** What the writer keeps free for rows holds so many of them. */
const ROWS_AT_ONCE = 900;

/** Writes readings from row `from` on until the writer is full.
 *  @param ids of the tags in the database, by the index that the rows name them with
 *  @param leftOut rows that do not go there
 *  @returns the first row that is not written */
export function putReadings(
  writer: CopyWriter,
  rows: ReadingRows,
  ids: Int32Array,
  from: number,
  leftOut: ReadonlyMap<number, unknown>,
): number {
  const { tag, value, status, sourceTimeUs, agentTimeUs, sequence, other } = rows;
  const until = Math.min(rows.count, from + ROWS_AT_ONCE);
  const view = writer.room((until - from) * ROW_BYTES);
  const isWhole = leftOut.size === 0;
  const hasOthers = other.size > 0;
  const start = writer.position;
  let at = start;
  for (let i = from; i < until; i += 1) {
    if (!isWhole && leftOut.has(i)) continue;
    let number = value[i] ?? Number.NaN;
    if (hasOthers) number = numberOf(other.get(i), number);
    view.setInt16(at, READING_COLUMNS.length);
    view.setInt32(at + 2, 8);
    setTime(view, at + 6, sourceTimeUs[i] ?? 0);
    view.setInt32(at + 14, 8);
    setTime(view, at + 18, agentTimeUs[i] ?? 0);
    at += 26;
    // NaN and the infinities are no values (core/reading.ts).
    if (number - number === 0) {
      view.setInt32(at, 8);
      view.setFloat64(at + 4, number);
      at += 12;
    } else {
      view.setInt32(at, -1);
      at += 4;
    }
    view.setInt32(at, 8);
    setInt8(view, at + 4, sequence[i] ?? 0);
    view.setInt32(at + 12, 4);
    view.setInt32(at + 16, ids[tag[i] ?? 0] ?? 0);
    view.setInt32(at + 20, 4);
    // Bit for bit: "bad" is below zero.
    view.setUint32(at + 24, status[i] ?? 0);
    at += 28;
  }
  writer.wrote(at - start);
  return until;
}

/** What stands in `value`: a boolean is 0 or 1 there, whatever the column held; text and lists have no number. */
function numberOf(other: Value | undefined, number: number): number {
  if (other === undefined) return number;
  if (typeof other === "boolean") return other ? 1 : 0;
  return typeof other === "number" ? other : Number.NaN;
}

/** Writes one of the values that are no plain number. */
export function putOther(writer: CopyWriter, rows: ReadingRows, ids: Int32Array, i: number): void {
  writer.row(OTHER_COLUMNS.length);
  writer.time(rows.sourceTimeUs[i]);
  writer.int4(ids[rows.tag[i] ?? 0] ?? 0);
  writer.int8(rows.sequence[i] ?? 0);
  writer.json(JSON.stringify(rows.other.get(i) ?? null));
}
