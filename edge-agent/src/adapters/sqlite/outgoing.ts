import type { Block } from "./block.ts";
import type { Item } from "./messages.ts";
import type { AnyItem, Numbered } from "./wire.ts";

/** An item that waits. */
export interface Waiting<I extends AnyItem> extends Numbered<I> {
  readonly bytes: number;
}

/** What waits for the disk, bounded by memory: what is worth least goes when it is too much. */
export interface Outgoing<I extends AnyItem> {
  push(item: I): void;
  /** The oldest, up to `mostBytes`, at least one. They are still outstanding until they are settled or put back. */
  take(mostBytes: number): readonly Waiting<I>[];
  /** Those taken last are through, for good or ill. */
  settle(): void;
  /** Those taken last could not be written and come first again. */
  putBack(taken: readonly Waiting<I>[]): void;
  /** Number of the newest item. */
  readonly last: number;
  /** Number of the oldest item that is not through; Infinity where there is none. */
  readonly oldest: number;
  readonly isEmpty: boolean;
  /** Readings, scores and so on that are not through. */
  readonly readings: number;
}

/** What the queue must know of its items. */
export interface Weights<I extends AnyItem> {
  readonly bytesOf: (item: I) => number;
  /** How many readings, scores and so on are gone with an item. */
  readonly readingsIn: (item: I) => number;
  /** Place of what goes first when it is too much; -1 where nothing may go. */
  readonly firstToGo: (waiting: readonly Waiting<I>[]) => number;
}

/** What an object of the queue takes beside its texts, about. */
export const ITEM_BYTES = 200;

/** @param onDrop told of each item that had to make room */
export function createOutgoing<I extends AnyItem>(
  mostBytes: number,
  { bytesOf, readingsIn, firstToGo }: Weights<I>,
  onDrop: (dropped: Waiting<I>) => void,
): Outgoing<I> {
  const waiting: Waiting<I>[] = [];
  let taken: readonly Waiting<I>[] = [];
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

/** The oldest measurements go first; what an operator or a commissioning made (alarms, baselines) goes only when nothing
 *  else is left, the tag table never. */
export const HISTORY_WEIGHTS: Weights<Item> = { bytesOf, readingsIn, firstToGo };

export function readingsIn(item: Item): number {
  if (item.kind === "block") return item.block.rows;
  return item.kind === "tags" ? 0 : 1;
}

function firstToGo(waiting: readonly Waiting<Item>[]): number {
  const measurement = waiting.findIndex(({ item }) => ["block", "point", "waveform"].includes(item.kind));
  return measurement >= 0 ? measurement : waiting.findIndex(({ item }) => item.kind !== "tags");
}

export const blockMemory = (block: Block): number =>
  block.texts.reduce((sum, { json }) => sum + ITEM_BYTES + json.length * 2, block.buffer.byteLength);

function bytesOf(item: Item): number {
  switch (item.kind) {
    case "block":
      return blockMemory(item.block);
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
