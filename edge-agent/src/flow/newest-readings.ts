import { isUsable } from "../core/quality.ts";
import { type Reading, type ReadingBatch, readingAt, type Value } from "../core/reading.ts";
import type { Protocol, Tag } from "../core/tag.ts";

/** The newest row of each tag, copied out of its batch: a batch that is kept for one slow tag keeps all its columns. */
export interface NewestReadings {
  /** What is known of tags stays; more of them may come. */
  grow(tags: number): void;
  take(batch: ReadingBatch, row: number): void;
  isGood(tag: number): boolean;
  /** A Reading is made only when somebody looks. */
  reading(tag: number, tags: readonly Tag[]): Reading | undefined;
}

interface Columns {
  readonly value: Float64Array;
  readonly status: Uint32Array;
  readonly sourceTimeUs: Float64Array;
  /** NaN: nothing came yet. */
  readonly agentTimeUs: Float64Array;
  readonly sequence: Float64Array;
}

export function createNewestReadings(): NewestReadings {
  let columns = columnsFor(0);
  const other = new Map<number, Value>();
  const protocols = new Map<number, Protocol>();
  return {
    grow(tags) {
      if (tags <= columns.value.length) return;
      const wider = columnsFor(tags);
      for (const name of ["value", "status", "sourceTimeUs", "agentTimeUs", "sequence"] as const)
        wider[name].set(columns[name]);
      columns = wider;
    },
    take(batch, row) {
      const tag = batch.tag[row] ?? 0;
      columns.value[tag] = batch.value[row] ?? Number.NaN;
      columns.status[tag] = batch.status[row] ?? 0;
      columns.sourceTimeUs[tag] = batch.sourceTimeUs[row] ?? batch.agentTimeUs;
      columns.agentTimeUs[tag] = batch.agentTimeUs;
      columns.sequence[tag] = batch.sequence[row] ?? 0;
      const value = batch.other.get(row);
      if (value !== undefined) other.set(tag, value);
      else if (other.size > 0) other.delete(tag);
      if (batch.protocol !== undefined) protocols.set(tag, batch.protocol);
      else if (protocols.size > 0) protocols.delete(tag);
    },
    isGood: (tag) => isKnown(tag) && isUsable(columns.status[tag] ?? 0),
    reading(tag, tags) {
      if (!isKnown(tag)) return undefined;
      const protocol = protocols.get(tag);
      const value = other.get(tag);
      return readingAt(
        {
          count: 1,
          tag: Uint32Array.of(tag),
          value: columns.value.subarray(tag, tag + 1),
          status: columns.status.subarray(tag, tag + 1),
          sourceTimeUs: columns.sourceTimeUs.subarray(tag, tag + 1),
          agentTimeUs: columns.agentTimeUs[tag] ?? 0,
          sequence: columns.sequence.subarray(tag, tag + 1),
          other: value === undefined ? NOTHING : new Map([[0, value]]),
          ...(protocol !== undefined && { protocol }),
        },
        0,
        tags,
      );
    },
  };

  function isKnown(tag: number): boolean {
    const time = columns.agentTimeUs[tag];
    return time !== undefined && !Number.isNaN(time);
  }
}

const NOTHING: ReadonlyMap<number, Value> = new Map();

const columnsFor = (tags: number): Columns => ({
  value: new Float64Array(tags),
  status: new Uint32Array(tags),
  sourceTimeUs: new Float64Array(tags),
  agentTimeUs: new Float64Array(tags).fill(Number.NaN),
  sequence: new Float64Array(tags),
});
