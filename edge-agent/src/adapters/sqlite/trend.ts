import { isUsable } from "../../core/quality.ts";
import type { TimeUs } from "../../core/time.ts";
import type { Trend, TrendQuery } from "../../ports/history.ts";
import { type Buckets, createBuckets } from "./buckets.ts";
import type { Journal } from "./journal.ts";
import { sourceTimeOf } from "./rows.ts";
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
  const { fromUs, toUs } = query;
  if (key === undefined) return { trend: buckets.trend(), damaged: 0 };
  const add = (timeUs: TimeUs, status: number, value: number) => {
    if (isUsable(status) && Number.isFinite(value)) buckets.add(timeUs, value);
  };
  let damaged = 0;
  for (const segment of segments.between(fromUs, toUs)) {
    if (!addChunk(buckets, segments, segment, key, add)) damaged += 1;
  }
  damaged += journal.visit(key, fromUs, toUs, add);
  return { trend: buckets.trend(), damaged };
}

/** @returns false where the chunk is damaged */
function addChunk(
  buckets: Buckets,
  segments: SegmentTable,
  segment: { readonly id: number; readonly times: Uint8Array },
  key: number,
  add: (timeUs: TimeUs, status: number, value: number) => void,
): boolean {
  const chunk = segments.chunk(segment.id, key);
  if (chunk === undefined) return true;
  if (buckets.addAll({ ...chunk, count: chunk.usable })) return true;
  const batchTimeUs = decodeTimes(segment.times);
  const rows = decodeChunk(chunk.rows);
  if (batchTimeUs === undefined || rows === undefined) return false;
  const timed = { ...rows, batchTimeUs };
  for (let i = 0; i < rows.count; i += 1) {
    add(sourceTimeOf(timed, i), rows.status[i] as number, rows.value[i] as number);
  }
  return true;
}
