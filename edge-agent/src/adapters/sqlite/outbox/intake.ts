import { cursorFrom } from "../../../core/outbox/cursor.ts";
import type { Gap } from "../../../core/outbox/outbound.ts";
import type { ReaderOptions } from "../../../ports/outbox.ts";
import type { Moment } from "../wire.ts";
import type { BatchDraft, BatchEntry, BatchTable, Epoch } from "./batch-table.ts";
import type { Drafts } from "./drafts.ts";
import type { Losses } from "./losses.ts";
import type { Dropped, OutboxItem } from "./messages.ts";
import type { Room } from "./room.ts";
import type { RunState } from "./schema.ts";
import type { SinkTable, StoredSink } from "./sink-table.ts";
import type { TagTable } from "./tag-table.ts";

/** What comes in, and what must go for it. All within a transaction. */
export interface Intake {
  /** Gathers what comes. @returns readings of tags that nobody registered */
  take(items: readonly OutboxItem[], now: Moment): number;
  /** Writes what was gathered, and the gaps that were found meanwhile.
   *  @param upTo number of the last item; 0 where there is none
   *  @returns what was written */
  write(upTo: number, now: Moment): readonly BatchDraft[];
  /** @returns what was still there */
  giveUp(entries: readonly BatchEntry[], cause: Dropped["cause"], now: Moment): readonly BatchEntry[];
  register(name: string, options: ReaderOptions, now: Moment): StoredSink;
  /** The transaction was rolled back. */
  forget(): void;
}

export interface IntakeParts {
  readonly batches: BatchTable;
  readonly sinks: SinkTable;
  readonly tags: TagTable;
  readonly losses: Losses;
  readonly drafts: Drafts;
  readonly room: Room;
  readonly epochId: number;
  readonly epoch: Epoch;
  ranMs(nowMs: number): number;
  writeState(state: Partial<RunState>): void;
}

export function createIntake(parts: IntakeParts): Intake {
  const { batches, sinks, tags, losses, drafts, room, epoch, epochId, ranMs, writeState } = parts;

  /** @returns readings of tags that nobody registered */
  function takeOne(item: OutboxItem, now: Moment): number {
    switch (item.kind) {
      case "tags":
        tags.register(item.tags);
        return 0;
      case "sink":
        register(item.sink, item.options, now);
        return 0;
      case "gaps":
        for (const gap of item.gaps) account(gap);
        return 0;
      case "block":
        return sinks.wants("readings") ? drafts.addBlock(item.block) : 0;
      case "document":
        if (sinks.wants(item.stream)) drafts.addDocument(item.stream, item.atUs, item.json);
        return 0;
    }
  }

  function account(gap: Gap): void {
    losses.count(gap);
    tell(gap);
  }

  function tell(gap: Gap): void {
    if (sinks.wants("gaps")) drafts.addDocument("gaps", gap.noticedUs, JSON.stringify(gap));
  }

  function givenUp(gone: readonly BatchEntry[], cause: Dropped["cause"], { nowUs }: Moment): void {
    for (const gap of losses.giveUp(gone, cause, nowUs)) tell(gap);
  }

  function write(upTo: number, now: Moment): readonly BatchDraft[] {
    const list = drafts.take();
    // What is lost is told however full it is: that takes next to nothing.
    const data = list.filter(({ stream }) => stream !== "gaps");
    const refused = room.make(data, now.nowMs, (gone, cause) => givenUp(gone, cause, now));
    for (const { stream, rows, fromUs, toUs } of refused.drafts) {
      const gap: Gap = { stream, cause: refused.cause, rows, fromUs, toUs, noticedUs: now.nowUs };
      losses.refuse(gap);
      tell(gap);
    }
    // With the gaps that were just found.
    const all = [...list.filter((draft) => !refused.drafts.includes(draft)), ...drafts.take()];
    const how = { epochId, epoch, committedUs: now.nowUs, ranMs: ranMs(now.nowMs), upTo };
    for (const draft of all) batches.insert(draft, how);
    if (all.length === 0 && upTo > 0) writeState({ up_to: upTo });
    return all;
  }

  function register(name: string, options: ReaderOptions, now: Moment): StoredSink {
    const old = sinks.get(name);
    const cursor = old?.cursor ?? cursorFrom(1);
    const sink = { name, ...options, cursor, seenMs: ranMs(now.nowMs) };
    sinks.put(sink);
    return sink;
  }

  return {
    take: (items, now) => items.reduce((unknown, item) => unknown + takeOne(item, now), 0),
    write,
    giveUp(entries, cause, now) {
      const gone = entries.filter(({ id }) => batches.remove(id));
      givenUp(gone, cause, now);
      return gone;
    },
    register,
    forget() {
      tags.reload();
      losses.forget();
      drafts.take();
    },
  };
}
