import type { DropCause, Gap, Stream } from "../../../core/outbox/outbound.ts";
import type { TimeUs } from "../../../core/time.ts";
import { type Block, blockColumns } from "../block.ts";
import type { OutboxItem } from "./messages.ts";
import { rowsIn, streamOf } from "./outgoing.ts";

/** Gaps that are not yet on their way to the file: one for each stream, cause and sink, however much is lost. */
export interface GapLedger {
  add(gap: Gap): void;
  take(): readonly Gap[];
}

export function createGapLedger(): GapLedger {
  const gaps = new Map<string, Gap>();
  return {
    add(gap) {
      const key = `${gap.stream} ${gap.cause} ${gap.sink ?? ""}`;
      const before = gaps.get(key);
      gaps.set(key, before === undefined ? gap : joined(before, gap));
    },
    take() {
      const taken = [...gaps.values()];
      gaps.clear();
      return taken;
    },
  };
}

const MOST_TAGS = 100;

export function joined(one: Gap, other: Gap): Gap {
  const tags = [...new Set([...(one.tags ?? []), ...(other.tags ?? [])])].slice(0, MOST_TAGS);
  return {
    ...one,
    rows: one.rows < 0 || other.rows < 0 ? -1 : one.rows + other.rows,
    fromUs: Math.min(one.fromUs, other.fromUs),
    toUs: Math.max(one.toUs, other.toUs),
    ...(tags.length > 0 && { tags }),
  };
}

/** What is lost with an item that never reached the file. */
export function gapOfItem(item: OutboxItem, cause: DropCause, noticedUs: TimeUs): Gap {
  const stream: Stream = streamOf(item);
  const [fromUs, toUs] =
    item.kind === "block"
      ? spanOf(item.block, noticedUs)
      : item.kind === "document"
        ? [item.atUs, item.atUs]
        : [noticedUs, noticedUs];
  return { stream, cause, rows: rowsIn(item), fromUs, toUs, noticedUs };
}

/** The agent's times of a block; of one whose buffer died with its worker there is nothing to read. */
function spanOf({ buffer, capacity, batches }: Block, noticedUs: TimeUs): readonly [TimeUs, TimeUs] {
  if (buffer.detached) return [noticedUs, noticedUs];
  const times = blockColumns(buffer, capacity).batchTimeUs.subarray(0, batches);
  return [Math.min(...times), Math.max(...times)];
}
