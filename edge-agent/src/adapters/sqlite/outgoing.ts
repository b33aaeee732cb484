import type { Item, Numbered } from "./messages.ts";

/** An item that waits. */
export interface Waiting extends Numbered {
  readonly bytes: number;
}

/** What waits for the disk, bounded by memory. When it is too much the oldest measurements go; what an operator or a
 *  commissioning made (alarms, baselines) goes only when nothing else is left, the tag table never. */
export interface Outgoing {
  push(item: Item): void;
  /** The oldest, up to `mostBytes`, at least one. They are still outstanding until they are settled or put back. */
  take(mostBytes: number): readonly Waiting[];
  /** Those taken last are through, for good or ill. */
  settle(): void;
  /** Those taken last could not be written and come first again. */
  putBack(taken: readonly Waiting[]): void;
  /** Number of the newest item. */
  readonly last: number;
  /** Number of the oldest item that is not through; Infinity where there is none. */
  readonly oldest: number;
  readonly isEmpty: boolean;
  /** Readings, scores and so on that are not through. */
  readonly readings: number;
}

/** What an object of the queue takes beside its texts, about. */
const ITEM_BYTES = 200;

/** @param onDrop told of each item that had to make room */
export function createOutgoing(mostBytes: number, onDrop: (dropped: Waiting) => void): Outgoing {
  const waiting: Waiting[] = [];
  let taken: readonly Waiting[] = [];
  let bytes = 0;
  let last = 0;

  function limit(): void {
    while (bytes > mostBytes) {
      const at = firstToGo(waiting);
      const [dropped] = at < 0 ? [] : waiting.splice(at, 1);
      if (dropped === undefined) return;
      bytes -= dropped.bytes;
      onDrop(dropped);
    }
  }

  return {
    push(item) {
      last += 1;
      const entry = { item, number: last, bytes: bytesOf(item) };
      waiting.push(entry);
      bytes += entry.bytes;
      limit();
    },
    take(most) {
      let sum = 0;
      let count = 0;
      for (const entry of waiting) {
        if (count > 0 && sum + entry.bytes > most) break;
        sum += entry.bytes;
        count += 1;
      }
      taken = waiting.splice(0, count);
      bytes -= sum;
      return taken;
    },
    settle() {
      taken = [];
    },
    putBack(entries) {
      taken = [];
      waiting.unshift(...entries);
      for (const entry of entries) bytes += entry.bytes;
      limit();
    },
    get last() {
      return last;
    },
    get oldest() {
      return (taken[0] ?? waiting[0])?.number ?? Number.POSITIVE_INFINITY;
    },
    get isEmpty() {
      return waiting.length === 0;
    },
    get readings() {
      let sum = 0;
      for (const { item } of taken) sum += readingsIn(item);
      for (const { item } of waiting) sum += readingsIn(item);
      return sum;
    },
  };
}

/** How many readings, scores and so on are gone with an item. */
export function readingsIn(item: Item): number {
  if (item.kind === "block") return item.block.rows;
  return item.kind === "tags" ? 0 : 1;
}

function firstToGo(waiting: readonly Waiting[]): number {
  const measurement = waiting.findIndex(({ item }) => ["block", "point", "waveform"].includes(item.kind));
  return measurement >= 0 ? measurement : waiting.findIndex(({ item }) => item.kind !== "tags");
}

function bytesOf(item: Item): number {
  switch (item.kind) {
    case "block":
      return item.block.texts.reduce(
        (sum, { json }) => sum + ITEM_BYTES + json.length * 2,
        item.block.buffer.byteLength,
      );
    case "point":
      return ITEM_BYTES + item.point.json.length * 2;
    case "alarm":
      return ITEM_BYTES + item.alarm.json.length * 2;
    case "waveform":
      return ITEM_BYTES + item.stored.waveform.samples.byteLength;
    case "baseline":
      return ITEM_BYTES + item.baseline.json.length * 2;
    case "tags":
    case "no-baseline":
      return ITEM_BYTES;
  }
}
