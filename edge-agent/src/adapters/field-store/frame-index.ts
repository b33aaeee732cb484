import type { Label } from "../../core/label.ts";
import type { FieldFrameHead, FieldKind } from "../../ports/field-store.ts";

/** A frame on disk. */
export interface Entry {
  /** Name of its files. */
  readonly key: string;
  readonly head: FieldFrameHead;
  readonly bytes: number;
  /** Oldest first. */
  readonly labels: readonly Label[];
}

/** What lies on disk, and who goes first when room is needed. */
export interface FrameIndex {
  readonly bytes: number;
  readonly size: number;
  get(id: string): Entry | undefined;
  put(entry: Entry): void;
  remove(id: string): void;
  entries(): IterableIterator<Entry>;
  /** Who must go so that a newcomer fits within `most` bytes; undefined where the newcomer is worth less than who it
   *  would displace, or does not fit at all. */
  displacedBy(newcomer: Pick<Entry, "bytes" | "head" | "labels">, most: number): readonly Entry[] | undefined;
}

export function createFrameIndex(): FrameIndex {
  const byId = new Map<string, Entry>();
  let bytes = 0;

  function remove(id: string): void {
    bytes -= byId.get(id)?.bytes ?? 0;
    byId.delete(id);
  }

  return {
    get bytes() {
      return bytes;
    },
    get size() {
      return byId.size;
    },
    get: (id) => byId.get(id),
    put(entry) {
      remove(entry.head.id);
      byId.set(entry.head.id, entry);
      bytes += entry.bytes;
    },
    remove,
    entries: () => byId.values(),
    displacedBy(newcomer, most) {
      let needed = bytes - (byId.get(newcomer.head.id)?.bytes ?? 0) + newcomer.bytes - most;
      if (needed <= 0) return [];
      const displaced: Entry[] = [];
      for (const entry of [...byId.values()].sort(leastWorthFirst)) {
        if (worth(entry) > worth(newcomer)) return undefined;
        if (entry.head.id === newcomer.head.id) continue;
        displaced.push(entry);
        needed -= entry.bytes;
        if (needed <= 0) return displaced;
      }
      return undefined;
    },
  };
}

const leastWorthFirst = (one: Entry, other: Entry): number =>
  worth(one) - worth(other) || one.head.timeUs - other.head.timeUs;

// What nobody has labelled yet is what a trial waits for; what is labelled has told the trial already.
function worth(entry: Pick<Entry, "head" | "labels">): number {
  if (entry.labels.length > 0) return 2;
  return kindWorth[entry.head.kind];
}

export const kindWorth: Readonly<Record<FieldKind, number>> = {
  random: 0,
  drift: 1,
  alarm: 3,
  disagreement: 3,
};
