import { STREAMS, type Stream } from "../../../core/outbox/outbound.ts";
import { type Database, damagedPage, pragmaNumber } from "../database.ts";
import type { BatchDraft, BatchEntry, BatchTable } from "./batch-table.ts";
import type { Policy } from "./options.ts";

/** The bounds of the file. All within a transaction. */
export interface Room {
  /** Gives up the oldest where that is needed for `drafts`, as their policies let it.
   *  @returns those that cannot be kept all the same */
  make(drafts: readonly BatchDraft[], nowMs: number, giveUp: GiveUp): Refused;
  /** The file was full although there seemed to be room: more of it is kept free until something is written.
   *  @returns neither the bounds of the file nor the disk explain it */
  lack(): boolean;
  written(): void;
  /** The file has more pages in use than it may. */
  isOver(): boolean;
  /** The oldest that may go. */
  droppable(most: number): readonly BatchEntry[];
}

export interface Refused {
  readonly drafts: readonly BatchDraft[];
  readonly cause: RoomCause;
}

export type GiveUp = (entries: readonly BatchEntry[], cause: RoomCause) => void;
export type RoomCause = "full-bytes" | "full-disk";

export interface RoomLimits {
  /** Pages that the file may have. */
  readonly pages: number;
  readonly minFreeBytes: number;
  readonly policy: Readonly<Record<Stream, Policy>>;
  /** Bytes that are free on the file's disk. */
  freeBytes(): number;
}

/** A transaction that grows trees, moves pointers and tells gaps takes some pages beside its batches. */
const SPARE_PAGES = 24;
/** When something must go, so much more goes that the next commit finds room too: one gap is told instead of many. */
const CHUNK_SHARE = 1 / 64;
/** How long an answer of the disk about its free space holds. */
const LOOK_MS = 1000;
/** No commit needs as much. */
const ENOUGH_BYTES = 16 * 2 ** 20;

export function createRoom(db: Database, batches: BatchTable, limits: RoomLimits): Room {
  const pageBytes = pragmaNumber(db, "page_size");
  const mostPages = Math.max(SPARE_PAGES * 2, limits.pages - SPARE_PAGES);
  const mayGo = STREAMS.filter((stream) => limits.policy[stream] === "drop-oldest");
  // What was lost before is told as long as there is anything else to give up.
  const first = mayGo.filter((stream) => stream !== "gaps");
  const last = mayGo.filter((stream) => stream === "gaps");
  let lookedMs = Number.NEGATIVE_INFINITY;
  let isDiskLow = false;
  let spare = SPARE_PAGES;

  function cause(nowMs: number): RoomCause {
    if (nowMs - lookedMs >= LOOK_MS) {
      lookedMs = nowMs;
      isDiskLow = limits.freeBytes() < limits.minFreeBytes;
    }
    return isDiskLow ? "full-disk" : "full-bytes";
  }

  const pages = () => ({ all: pragmaNumber(db, "page_count"), free: pragmaNumber(db, "freelist_count") });

  /** Pages that may still be filled. While the disk is low the file does not grow. */
  function left(nowMs: number): number {
    const { all, free } = pages();
    const most = cause(nowMs) === "full-disk" ? Math.min(all, mostPages) : mostPages;
    return Math.max(all, most) - all + free;
  }

  const needOf = (draft: BatchDraft): number => 2 + Math.ceil(draft.bytes.length / (pageBytes - 8));

  function droppable(most: number): readonly BatchEntry[] {
    const found = batches.lowestOf(first, most);
    return found.length > 0 ? found : batches.lowestOf(last, most);
  }

  return {
    make(drafts, nowMs, giveUp) {
      const need = drafts.reduce((sum, draft) => sum + needOf(draft), spare);
      if (drafts.length === 0 || left(nowMs) >= need) return { drafts: [], cause: "full-bytes" };
      const chunk = Math.ceil(mostPages * CHUNK_SHARE);
      const gone: BatchEntry[] = [];
      while (left(nowMs) < need + chunk) {
        const [oldest] = droppable(1);
        if (oldest === undefined) break;
        if (!batches.remove(oldest.id)) throw damagedPage(`batch ${oldest.id} cannot be removed`);
        gone.push(oldest);
      }
      if (gone.length > 0) giveUp(gone, cause(nowMs));
      return { drafts: tooMuch(drafts, left(nowMs) - SPARE_PAGES), cause: cause(nowMs) };
    },
    lack() {
      // A full disk passes by itself; only what the bounds of the file make is mended by giving something up.
      const isAtBounds = pages().all >= mostPages;
      if (isAtBounds) spare = Math.min(spare * 2, Math.ceil(mostPages / 2));
      return !isAtBounds && limits.freeBytes() > limits.minFreeBytes + ENOUGH_BYTES;
    },
    written() {
      spare = SPARE_PAGES;
    },
    isOver() {
      const { all, free } = pages();
      return all - free > mostPages;
    },
    droppable,
  };

  /** What does not fit: the oldest of what may go anyway, then the newest of what may not. */
  function tooMuch(drafts: readonly BatchDraft[], room: number): readonly BatchDraft[] {
    const isKept = ({ stream }: BatchDraft) => limits.policy[stream] === "reject";
    const byWorth = [...drafts.filter(isKept), ...drafts.filter((draft) => !isKept(draft)).toReversed()];
    const refused = new Set(drafts);
    let used = 0;
    for (const draft of byWorth) {
      used += needOf(draft);
      if (used > room) break;
      refused.delete(draft);
    }
    return [...refused];
  }
}
