import { isUsable } from "../../core/quality.ts";
import type { TimeUs } from "../../core/time.ts";
import { type Database, transaction } from "./database.ts";
import type { Journal } from "./journal.ts";
import { draftRows, Kind, type Rows, type RowsDraft, sourceTimeOf } from "./rows.ts";
import { encodeChunk, encodeTimes } from "./rows-blob.ts";
import type { ChunkRow, SegmentTable } from "./segment.ts";

/** What one step may take, so that a commit never waits long for compaction: about 30 ms on one core of a PC. */
const STEP_READINGS = 65_536;
const STEP_CHUNKS = 400;

export interface Compacted {
  /** Agent time of the last batch. */
  readonly newestUs: TimeUs;
  /** Readings of journal rows that were damaged. */
  readonly lost: number;
}

/** Turns the oldest commits of the journal, up to `most` readings, into one segment. Yields between bounded steps.
 *  The segment becomes valid in the very transaction that takes its commits out of the journal: whenever the process
 *  dies, and wherever a step throws, each reading is in exactly one of the two. */
export function* compact(
  db: Database,
  journal: Journal,
  segments: SegmentTable,
  most: number,
  space: Workspace,
): Generator<undefined, Compacted> {
  const gathered = yield* gather(journal, most, space);
  const { rows, toId, lost } = gathered;
  const sorted = sortByKey(rows, space);
  yield;
  const segment = transaction(db, () => segments.begin());
  const newestUs = rows.batchTimeUs.at(-1) ?? 0;
  const range = { t0: Number.POSITIVE_INFINITY, t1: Number.NEGATIVE_INFINITY };
  let from = 0;
  while (from < rows.count) {
    from = transaction(db, () => writeChunks(segments, segment, sorted, from, range));
    yield;
  }
  transaction(db, () => {
    const { batchTimeUs } = rows;
    segments.finish(segment, {
      ...range,
      firstUs: batchTimeUs[0] ?? 0,
      lastUs: newestUs,
      tagReadings: gathered.tagReadings,
      times: encodeTimes(batchTimeUs),
    });
    journal.removeTo(toId);
  });
  return { newestUs, lost };
}

/** Memory that one compaction leaves to the next: tens of megabytes that need not be found, cleared and given back
 *  again and again. */
export interface Workspace {
  rows: RowsDraft;
  order: Uint32Array;
}

export const createWorkspace = (): Workspace => ({ rows: draftRows(0, 0), order: new Uint32Array(0) });

function clear(space: Workspace, capacity: number): RowsDraft {
  if (space.order.length < capacity) {
    space.rows = draftRows(capacity, 0);
    space.order = new Uint32Array(capacity);
  }
  space.rows.count = 0;
  space.rows.texts.length = 0;
  return space.rows;
}

interface Gathered {
  readonly rows: Rows;
  readonly tagReadings: number;
  readonly toId: number;
  readonly lost: number;
}

function* gather(journal: Journal, most: number, space: Workspace): Generator<undefined, Gathered> {
  const { toId, readings } = journal.oldest(most);
  const rows = clear(space, readings);
  const batchTimeUs: number[] = [];
  const sum = { tagReadings: 0, lost: 0 };
  let id = 0;
  while (id < toId) {
    for (const entry of journal.after(id, toId, STEP_READINGS)) {
      id = entry.id;
      if (entry.rows === undefined) {
        sum.lost += entry.readings;
        continue;
      }
      addRows(rows, entry.rows, batchTimeUs.length);
      for (const timeUs of entry.rows.batchTimeUs) batchTimeUs.push(timeUs);
      sum.tagReadings += entry.tagReadings;
    }
    yield;
  }
  return { ...sum, toId, rows: { ...rows, batchTimeUs: Float64Array.from(batchTimeUs) } };
}

function addRows(all: RowsDraft, part: Rows, firstBatch: number): void {
  const base = all.count;
  for (let i = 0; i < part.count; i += 1) all.batch[base + i] = firstBatch + (part.batch[i] as number);
  all.key.set(part.key, base);
  all.lagUs.set(part.lagUs, base);
  all.status.set(part.status, base);
  all.sequence.set(part.sequence, base);
  all.kind.set(part.kind, base);
  all.value.set(part.value, base);
  for (const text of part.texts) all.texts.push(text);
  all.count += part.count;
}

interface Sorted {
  readonly rows: Rows;
  /** Rows by key, and in the order of their arrival within a key. */
  readonly order: Uint32Array;
  /** Index into `rows.texts` by row; empty where there are none. */
  readonly textOf: Uint32Array;
  readonly scratch: RowsDraft;
}

/** Counting sort: the keys are small whole numbers. */
function sortByKey(rows: Rows, { order }: Workspace): Sorted {
  let largest = 0;
  for (let i = 0; i < rows.count; i += 1) largest = Math.max(largest, rows.key[i] as number);
  const place = new Uint32Array(largest + 2);
  for (let i = 0; i < rows.count; i += 1)
    place[(rows.key[i] as number) + 1] = (place[(rows.key[i] as number) + 1] as number) + 1;
  let longest = 0;
  for (let key = 1; key < place.length; key += 1) {
    longest = Math.max(longest, place[key] as number);
    place[key] = (place[key] as number) + (place[key - 1] as number);
  }
  for (let i = 0; i < rows.count; i += 1) {
    const key = rows.key[i] as number;
    const at = place[key] as number;
    order[at] = i;
    place[key] = at + 1;
  }
  return { rows, order, textOf: textIndex(rows), scratch: draftRows(longest, 0) };
}

function textIndex(rows: Rows): Uint32Array {
  if (rows.texts.length === 0) return new Uint32Array(0);
  const index = new Uint32Array(rows.count);
  let text = 0;
  for (let i = 0; i < rows.count; i += 1) {
    if (rows.kind[i] === Kind.text) index[i] = text++;
  }
  return index;
}

/** Writes chunks from place `from` of the order on. @returns the place where the next step goes on */
function writeChunks(
  segments: SegmentTable,
  segment: number,
  sorted: Sorted,
  from: number,
  range: { t0: number; t1: number },
): number {
  const { rows, order } = sorted;
  let at = from;
  for (let chunks = 0; chunks < STEP_CHUNKS && at < rows.count && at - from < STEP_READINGS; chunks += 1) {
    const key = rows.key[order[at] as number] as number;
    let end = at + 1;
    while (end < rows.count && rows.key[order[end] as number] === key) end += 1;
    const chunk = makeChunk(sorted, at, end);
    segments.addChunk(segment, key, chunk);
    range.t0 = Math.min(range.t0, chunk.t0);
    range.t1 = Math.max(range.t1, chunk.t1);
    at = end;
  }
  return at;
}

function makeChunk(sorted: Sorted, from: number, to: number): ChunkRow {
  const { rows, order, textOf, scratch } = sorted;
  scratch.count = to - from;
  scratch.texts.length = 0;
  const sum = { t0: Number.POSITIVE_INFINITY, t1: Number.NEGATIVE_INFINITY, usable: 0, sum: 0 };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scratch.count; i += 1) {
    const row = order[from + i] as number;
    copyRow(scratch, i, rows, row);
    if (rows.kind[row] === Kind.text) scratch.texts.push(rows.texts[textOf[row] as number] as string);
    const timeUs = sourceTimeOf(rows, row);
    if (timeUs < sum.t0) sum.t0 = timeUs;
    if (timeUs > sum.t1) sum.t1 = timeUs;
    const value = rows.value[row] as number;
    if (!isUsable(rows.status[row] as number) || !Number.isFinite(value)) continue;
    sum.usable += 1;
    sum.sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { ...sum, min, max, readings: scratch.count, rows: encodeChunk(scratch) };
}

function copyRow(to: RowsDraft, at: number, from: Rows, row: number): void {
  to.batch[at] = from.batch[row] as number;
  to.lagUs[at] = from.lagUs[row] as number;
  to.status[at] = from.status[row] as number;
  to.sequence[at] = from.sequence[row] as number;
  to.kind[at] = from.kind[row] as number;
  to.value[at] = from.value[row] as number;
}
