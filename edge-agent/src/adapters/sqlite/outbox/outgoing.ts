import type { Stream } from "../../../core/outbox/outbound.ts";
import { blockMemory, ITEM_BYTES, type Waiting, type Weights } from "../outgoing.ts";
import type { OutboxItem } from "./messages.ts";
import type { Policy } from "./options.ts";

export const streamOf = (item: OutboxItem): Stream => (item.kind === "document" ? item.stream : "readings");

/** What waits for the disk, bounded by memory: of what its policy lets go the oldest goes first; where nothing of that is
 *  left the newest is refused. Tags, sinks and what is known to be lost always stay. */
export const outboxWeights = (policy: Readonly<Record<Stream, Policy>>): Weights<OutboxItem> => ({
  bytesOf(item) {
    switch (item.kind) {
      case "block":
        return blockMemory(item.block);
      case "document":
        return ITEM_BYTES + item.json.length * 2;
      case "tags":
      case "sink":
      case "gaps":
        return ITEM_BYTES;
    }
  },
  readingsIn: rowsIn,
  firstToGo(waiting: readonly Waiting<OutboxItem>[]) {
    const oldest = waiting.findIndex(({ item }) => isData(item) && policy[streamOf(item)] === "drop-oldest");
    return oldest >= 0 ? oldest : waiting.findLastIndex(({ item }) => isData(item));
  },
});

export function rowsIn(item: OutboxItem): number {
  if (item.kind === "block") return item.block.rows;
  return item.kind === "document" ? 1 : 0;
}

const isData = ({ kind }: OutboxItem): boolean => kind === "block" || kind === "document";
