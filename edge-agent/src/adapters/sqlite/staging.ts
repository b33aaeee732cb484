import type { ReadingBatch } from "../../core/reading.ts";
import { PROTOCOLS } from "../../core/tag.ts";
import { type Block, type BlockColumns, blockBytes, blockColumns } from "./block.ts";
import { Kind } from "./rows.ts";

/** Where batches gather until they are handed over. This is all that the main thread does for a reading, 250,000 times
 *  a second: its columns are copied into one long-lived buffer. */
export interface Staging {
  /** Copies a batch; it belongs to others as well. */
  add(batch: ReadingBatch): void;
  /** What has gathered. */
  take(): Block | undefined;
  /** A buffer of a block that is through, to be used again: a fresh one costs a page fault every 4 KiB. */
  giveBack(buffer: ArrayBuffer): void;
  readonly rows: number;
}

/** 256 ms at 128,000 readings a second. */
const CAPACITY = 32_768;
const MOST_SPARE = 4;
/** A block that is this empty is copied into a buffer of its size, which is cheaper to keep waiting. */
const SPARSE = 4;

/** @param onFull takes a block that has no room left */
export function createStaging(onFull: (block: Block) => void): Staging {
  const spare: ArrayBuffer[] = [];
  let buffer = new ArrayBuffer(blockBytes(CAPACITY));
  let columns = blockColumns(buffer, CAPACITY);
  let texts: { row: number; json: string }[] = [];
  let rows = 0;
  let batches = 0;

  function take(): Block | undefined {
    if (rows === 0) return undefined;
    // Whoever fills a batch need not fill its map in the order of the rows.
    texts.sort((a, b) => a.row - b.row);
    const full: Block = { buffer, capacity: CAPACITY, rows, batches, texts };
    const isSparse = rows * SPARSE < CAPACITY;
    const block = isSparse ? shrunk(full, columns) : full;
    if (!isSparse) {
      buffer = spare.pop() ?? new ArrayBuffer(blockBytes(CAPACITY));
      columns = blockColumns(buffer, CAPACITY);
    }
    texts = [];
    rows = 0;
    batches = 0;
    return block;
  }

  /** Rows from..to of the batch. */
  function copy(batch: ReadingBatch, from: number, to: number): void {
    const part = <T extends Float64Array | Uint32Array>(column: T): T =>
      (from === 0 && to === column.length ? column : column.subarray(from, to)) as T;
    columns.value.set(part(batch.value), rows);
    columns.sourceTimeUs.set(part(batch.sourceTimeUs), rows);
    columns.sequence.set(part(batch.sequence), rows);
    columns.tag.set(part(batch.tag), rows);
    columns.status.set(part(batch.status), rows);
    columns.kind.fill(Kind.number, rows, rows + to - from);
    if (batch.other.size > 0) copyOthers(batch, from, to);
    rows += to - from;
    columns.batchTimeUs[batches] = batch.agentTimeUs;
    columns.batchEnd[batches] = rows;
    columns.protocol[batches] = batch.protocol === undefined ? 0 : PROTOCOLS.indexOf(batch.protocol) + 1;
    batches += 1;
  }

  function copyOthers(batch: ReadingBatch, from: number, to: number): void {
    for (const [i, value] of batch.other) {
      if (i < from || i >= to || value === null) continue;
      const row = rows + i - from;
      if (typeof value === "boolean") {
        columns.kind[row] = Kind.boolean;
        columns.value[row] = value ? 1 : 0;
        continue;
      }
      columns.kind[row] = Kind.text;
      texts.push({ row, json: JSON.stringify(value) });
    }
  }

  return {
    add(batch) {
      let from = 0;
      while (from < batch.count) {
        const to = Math.min(batch.count, from + CAPACITY - rows);
        copy(batch, from, to);
        from = to;
        const block = rows === CAPACITY ? take() : undefined;
        if (block !== undefined) onFull(block);
      }
    },
    take,
    giveBack(used) {
      if (used.byteLength === blockBytes(CAPACITY) && spare.length < MOST_SPARE) spare.push(used);
    },
    get rows() {
      return rows;
    },
  };
}

function shrunk(block: Block, columns: BlockColumns): Block {
  const { rows, batches } = block;
  const buffer = new ArrayBuffer(blockBytes(rows));
  const small = blockColumns(buffer, rows);
  small.value.set(columns.value.subarray(0, rows));
  small.sourceTimeUs.set(columns.sourceTimeUs.subarray(0, rows));
  small.sequence.set(columns.sequence.subarray(0, rows));
  small.batchTimeUs.set(columns.batchTimeUs.subarray(0, batches));
  small.tag.set(columns.tag.subarray(0, rows));
  small.status.set(columns.status.subarray(0, rows));
  small.batchEnd.set(columns.batchEnd.subarray(0, batches));
  small.kind.set(columns.kind.subarray(0, rows));
  small.protocol.set(columns.protocol.subarray(0, batches));
  return { ...block, buffer, capacity: rows };
}
