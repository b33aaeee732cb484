import { isUsable } from "../../core/quality.ts";
import type { Trend, TrendQuery } from "../../ports/history.ts";
import { type Buckets, createBuckets } from "./buckets.ts";
import type { Journal } from "./journal.ts";
import { type Rows, sourceTimeOf } from "./rows.ts";
import { decodeChunk, decodeTimes } from "./rows-blob.ts";
import type { SegmentTable } from "./segment.ts";

export interface TrendResult {
  readonly trend: Trend;
  /** Blobs that were damaged and left out. */
  readonly damaged: number;
}

/** Down-samples one series over segments and journal. */
export function readTrend(
  segments: SegmentTable,
  journal: Journal,
  key: number | undefined,
  query: TrendQuery,
): TrendResult {
  const buckets = createBuckets(query);
  let damaged = 0;
  if (key !== undefined) {
    for (const segment of segments.between(query.fromUs, query.toUs)) {
      if (!addChunk(buckets, segments, segment, key)) damaged += 1;
    }
    for (const { rows } of journal.between(query.fromUs, query.toUs)) {
      if (rows === undefined) damaged += 1;
      else addRows(buckets, rows, key);
    }
  }
  return { trend: buckets.trend(), damaged };
}

/** @returns false where the chunk is damaged */
function addChunk(
  buckets: Buckets,
  segments: SegmentTable,
  segment: { readonly id: number; readonly times: Uint8Array },
  key: number,
): boolean {
  const chunk = segments.chunk(segment.id, key);
  if (chunk === undefined) return true;
  if (buckets.addAll({ ...chunk, count: chunk.usable })) return true;
  const batchTimeUs = decodeTimes(segment.times);
  const rows = decodeChunk(chunk.rows);
  if (batchTimeUs === undefined || rows === undefined) return false;
  addRows(buckets, { ...rows, batchTimeUs });
  return true;
}

type OneOrMany = Omit<Rows, "key"> & { readonly key?: Uint32Array };

/** Adds the usable values of `key`, or of all rows where there is no `rows.key`. */
function addRows(buckets: Buckets, rows: OneOrMany, key?: number): void {
  for (let i = 0; i < rows.count; i += 1) {
    if (rows.key !== undefined && rows.key[i] !== key) continue;
    const value = rows.value[i] as number;
    if (isUsable(rows.status[i] as number) && Number.isFinite(value)) {
      buckets.add(sourceTimeOf(rows, i), value);
    }
  }
}
