import type { BatchEntry, BatchTable } from "./batch-table.ts";
import type { Losses } from "./losses.ts";
import type { FileStatistics } from "./messages.ts";
import type { SinkTable, StoredSink } from "./sink-table.ts";

export interface CountedParts {
  readonly batches: BatchTable;
  readonly sinks: SinkTable;
  readonly losses: Losses;
  /** Batches that every sink has, and that are about to be removed. */
  readonly done: ReadonlyMap<number, BatchEntry>;
}

/** What is in the file, for whom, and what is not any more. */
export function countFile(parts: CountedParts): Omit<FileStatistics, "bytes" | "epoch"> {
  const { batches, sinks, losses, done } = parts;
  const rowsDone = [...done.values()].reduce((sum, { rows }) => sum + rows, 0);
  const all = batches.totals(0, Number.POSITIVE_INFINITY);
  const lowest = batches.between(0, Number.POSITIVE_INFINITY, done.size + 1);
  return {
    batches: all.batches - done.size,
    rows: all.rows - rowsDone,
    oldestUs: lowest.find(({ id }) => !done.has(id))?.committedUs,
    dropped: losses.totals(),
    sinks: sinks.all.map((sink) => waitingOf(sink, batches)),
  };
}

function waitingOf({ name, cursor, streams }: StoredSink, batches: BatchTable) {
  const parts = cursor.map(({ from, to }) => batches.totals(from, to, streams));
  const lowest = parts.find((part) => part.lowest !== undefined)?.lowest;
  return {
    sink: name,
    waitingBatches: parts.reduce((sum, part) => sum + part.batches, 0),
    waitingRows: parts.reduce((sum, part) => sum + part.rows, 0),
    oldestUs: lowest === undefined ? undefined : batches.get(lowest)?.committedUs,
  };
}
