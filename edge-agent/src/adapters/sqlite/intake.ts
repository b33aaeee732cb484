import { StatusCode } from "../../core/quality.ts";
import { type Block, type BlockColumns, blockColumns } from "./block.ts";
import type { Item, Point } from "./messages.ts";
import { draftRows, Kind, lagOf, type RowsDraft, storableSequence, storableTime } from "./rows.ts";
import type { SeriesTable } from "./series.ts";

export interface Intake {
  readonly rows: RowsDraft;
  readonly tagReadings: number;
  /** Readings whose tag nobody registered. */
  readonly unknown: number;
  /** Keys of the tag table that holds after these items. */
  readonly tagKeys: Uint32Array;
}

/** Gathers the readings, scores and healths of one commit into rows. Within a transaction, as new series get keys.
 *  @param tagKeys of the tag table that held before */
export function takeIn(items: readonly Item[], tagKeys: Uint32Array, series: SeriesTable): Intake {
  const size = sizeOf(items);
  const rows = draftRows(size.rows, size.batches);
  let keys = tagKeys;
  let batch = 0;
  let points = 0;
  let unknown = 0;
  for (const item of items) {
    if (item.kind === "tags") {
      keys = Uint32Array.from(item.ids, (id) => series.keyOf("tag", id));
    } else if (item.kind === "block") {
      unknown += addBlock(rows, batch, item.block, keys);
      batch += item.block.batches;
    } else if (item.kind === "point") {
      addPoint(rows, batch, item.point, series);
      batch += 1;
      points += 1;
    }
  }
  return { rows, tagReadings: rows.count - points, unknown, tagKeys: keys };
}

function sizeOf(items: readonly Item[]): { rows: number; batches: number } {
  const size = { rows: 0, batches: 0 };
  for (const item of items) {
    if (item.kind === "block") {
      size.rows += item.block.rows;
      size.batches += item.block.batches;
    } else if (item.kind === "point") {
      size.rows += 1;
      size.batches += 1;
    }
  }
  return size;
}

/** @returns readings that were left out, as their tag is not registered */
function addBlock(rows: RowsDraft, firstBatch: number, block: Block, keys: Uint32Array): number {
  const columns = blockColumns(block.buffer, block.capacity);
  const start = rows.count;
  let row = 0;
  let text = 0;
  for (let b = 0; b < block.batches; b += 1) {
    const batchTimeUs = storableTime(columns.batchTimeUs[b] as number);
    rows.batchTimeUs[firstBatch + b] = batchTimeUs;
    const end = columns.batchEnd[b] as number;
    for (; row < end; row += 1) {
      const json = columns.kind[row] === Kind.text ? block.texts[text++]?.json : undefined;
      const key = keys[columns.tag[row] as number];
      if (key === undefined) continue;
      if (json !== undefined) rows.texts.push(json);
      addRow(rows, columns, row, key);
      rows.batch[rows.count] = firstBatch + b;
      rows.lagUs[rows.count] = lagOf(columns.sourceTimeUs[row] as number, batchTimeUs);
      rows.count += 1;
    }
  }
  return block.rows - (rows.count - start);
}

function addRow(rows: RowsDraft, columns: BlockColumns, row: number, key: number): void {
  const at = rows.count;
  rows.key[at] = key;
  rows.status[at] = columns.status[row] as number;
  rows.sequence[at] = storableSequence(columns.sequence[row] as number);
  rows.kind[at] = columns.kind[row] as number;
  rows.value[at] = columns.value[row] as number;
}

function addPoint(rows: RowsDraft, batch: number, point: Point, series: SeriesTable): void {
  const at = rows.count;
  rows.batchTimeUs[batch] = storableTime(point.timeUs);
  rows.key[at] = series.keyOf(point.series, point.name);
  rows.batch[at] = batch;
  rows.status[at] = Number.isFinite(point.value) ? StatusCode.Good : StatusCode.Bad;
  rows.sequence[at] = storableSequence(point.sequence);
  rows.kind[at] = Kind.text;
  rows.value[at] = point.value;
  rows.texts.push(point.json);
  rows.count += 1;
}
