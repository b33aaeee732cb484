import type { BatchBody } from "../../../core/outbox/batch-codec.ts";
import { type Cursor, isOpen, type NumberRange, splitAt, without } from "../../../core/outbox/cursor.ts";
import type { OutboundTag } from "../../../core/outbox/outbound.ts";
import type { BatchEntry, BatchTable } from "./batch-table.ts";
import type { BatchName, FoundBatch, FoundBatches } from "./messages.ts";
import type { SinkTable, StoredSink } from "./sink-table.ts";
import type { TagTable } from "./tag-table.ts";

/** What each sink is given, and what it confirmed. */
export interface Reading {
  next(sink: StoredSink, rows: number, now: ReadingMoment): Found;
  /** Reads and checks what follows on what the sink holds, one delivery of it: `next` finds it in memory then. */
  ahead(sink: StoredSink, rows: number): void;
  /** @returns what no sink waits for any more */
  confirm(sink: StoredSink, names: readonly BatchName[], ranMs: number): readonly BatchEntry[];
}

export interface ReadingMoment {
  readonly ranMs: number;
  /** Newest batch of the runs before this one. */
  readonly runFrom: number;
}

export interface Found extends FoundBatches {
  /** Batches of which a bit is another than was written. */
  readonly damaged: readonly BatchEntry[];
}

/** Older than this is history, not news. */
const NEWS_MS = 10_000;
const LATE_MS = 1000;
const LOOK_AHEAD = 64;
/** Whatever rows there are: more is not held in memory twice. */
const MOST_BATCHES = 256;

/** What a sink was given and has not confirmed: it gets the very same again. */
interface Held {
  readonly last: number;
  readonly isBacklog: boolean;
}

export function createReading(batches: BatchTable, sinks: SinkTable, tags: TagTable): Reading {
  const held = new Map<string, Held>();
  /** Up to here there is nothing that a sink wants, from the beginning of a range. */
  const empty = new Map<string, Map<number, number>>();
  const turns = new Map<string, "backlog" | "live">();
  const sent = new Set<number>();
  /** Bodies that were read ahead, by sink and number; what is in a batch never changes. */
  const ready = new Map<string, Map<number, BatchBody>>();

  /** Entries of a range that the sink wants, one after the other. */
  function* wanted(sink: StoredSink, range: NumberRange): Generator<BatchEntry> {
    const skips = empty.get(sink.name) ?? new Map<number, number>();
    empty.set(sink.name, skips);
    let isFirst = true;
    let from = Math.max(range.from, skips.get(range.from) ?? 0);
    for (;;) {
      const entries = batches.between(from, range.to, LOOK_AHEAD);
      for (const entry of entries) {
        from = entry.id + 1;
        if (isWanted(sink, entry)) {
          yield entry;
          isFirst = false;
        } else if (isFirst) skips.set(range.from, from);
      }
      if (entries.length < LOOK_AHEAD) return;
    }
  }

  /** Entries of a range that the sink wants, until they are `rows` rows; at least one. */
  function collect(sink: StoredSink, range: NumberRange, rows: number): readonly BatchEntry[] {
    const found: BatchEntry[] = [];
    let sum = 0;
    for (const entry of wanted(sink, range)) {
      sum += entry.rows;
      if (found.length > 0 && (sum > rows || found.length >= MOST_BATCHES)) break;
      found.push(entry);
    }
    return found;
  }

  function isNext(sink: StoredSink, from: number, id: number): boolean {
    for (let at = from; ; ) {
      const entries = batches.between(at, id, LOOK_AHEAD);
      if (entries.some((entry) => isWanted(sink, entry))) return false;
      if (entries.length < LOOK_AHEAD) return true;
      at = (entries.at(-1)?.id ?? id) + 1;
    }
  }

  const isHistory = (entry: BatchEntry, now: ReadingMoment): boolean =>
    entry.id <= now.runFrom || now.ranMs - entry.ranMs > NEWS_MS;

  /** What was given before and is not confirmed. */
  function again(sink: StoredSink, rows: number): Choice | undefined {
    const before = held.get(sink.name);
    const range = sink.cursor.find(
      ({ from, to }) => before !== undefined && before.last >= from && before.last < to,
    );
    if (before === undefined || range === undefined) return undefined;
    const entries = collect(sink, { ...range, to: before.last + 1 }, rows);
    return entries.length === 0 ? undefined : { entries, isBacklog: before.isBacklog };
  }

  /** From the first of some ranges that has any. */
  function oldestOf(sink: StoredSink, ranges: Cursor, rows: number): readonly BatchEntry[] {
    for (const range of ranges) {
      const entries = collect(sink, range, rows);
      if (entries.length > 0) return entries;
    }
    return [];
  }

  function inOrder(sink: StoredSink, rows: number, now: ReadingMoment): Choice {
    const entries = oldestOf(sink, sink.cursor, rows);
    const [first] = entries;
    const isBacklog = first !== undefined && isHistory(first, now);
    const end = entries.findIndex((entry) => isHistory(entry, now) !== isBacklog);
    return { entries: end < 0 ? entries : entries.slice(0, end), isBacklog };
  }

  /** News and history in turn; news alone while it is late. */
  function liveFirst(sink: StoredSink, rows: number, now: ReadingMoment): Choice {
    const news = oldestOf(sink, sink.cursor.slice(-1), rows);
    const [first] = news;
    const isLate = first !== undefined && now.ranMs - first.ranMs > LATE_MS;
    const isNewsTurn = isLate || turns.get(sink.name) !== "backlog";
    if (first !== undefined && isNewsTurn) return { entries: news, isBacklog: false };
    const history = oldestOf(sink, sink.cursor.slice(0, -1), rows);
    return history.length > 0 ? { entries: history, isBacklog: true } : { entries: news, isBacklog: false };
  }

  /** Once: its columns move to whoever asked. */
  function bodyOf(sink: string, entry: BatchEntry): BatchBody | undefined {
    const bodies = ready.get(sink);
    const body = bodies?.get(entry.id);
    bodies?.delete(entry.id);
    return body ?? batches.body(entry);
  }

  function foundOf(sink: string, { entries, isBacklog }: Choice): Found {
    const found: FoundBatch[] = [];
    const damaged: BatchEntry[] = [];
    const named = new Map<number, OutboundTag>();
    for (const entry of entries) {
      const body = bodyOf(sink, entry);
      const name = batches.epochOf(entry.epochId);
      const content = body === undefined ? undefined : contentOf(entry, body, named);
      if (content === undefined || name === undefined) {
        damaged.push(entry);
        continue;
      }
      const { id: number, committedUs } = entry;
      found.push({ ...name, number, committedUs, isBacklog, content });
    }
    // With damaged ones among them they are found once more before they are handed out.
    if (damaged.length === 0) for (const key of named.keys()) sent.add(key);
    return { kind: "next", batches: found, tags: [...named], damaged };
  }

  function contentOf(
    { stream, rows }: BatchEntry,
    body: BatchBody,
    named: Map<number, OutboundTag>,
  ): FoundBatch["content"] | undefined {
    if (body.form === "documents") {
      if (stream === undefined || stream === "readings" || body.documents.length !== rows) return undefined;
      return { stream, json: body.documents.map((text) => Buffer.from(text).toString()) };
    }
    if (stream !== "readings" || body.count !== rows) return undefined;
    for (const key of body.keys) {
      const tag = tags.find(key);
      if (tag === undefined) return undefined;
      if (!sent.has(key)) named.set(key, tag);
    }
    return { stream, columns: body };
  }

  /** An outage ends: what gathered meanwhile is history, and what comes from now on goes out at once. */
  function divided(sink: StoredSink, now: ReadingMoment): StoredSink {
    const live = sink.cursor.at(-1);
    if (held.has(sink.name) || live === undefined) return sink;
    const [oldest] = collect(sink, live, 1);
    if (oldest === undefined || !isHistory(oldest, now)) return sink;
    const cursor = splitAt(sink.cursor, Math.max(now.runFrom, batches.newest().id) + 1);
    if (cursor === undefined) return sink;
    const changed = { ...sink, cursor };
    sinks.put(changed);
    return changed;
  }

  return {
    next(asked, rows, now) {
      const before = again(asked, rows);
      // What it held may have been given up meanwhile.
      if (before === undefined) held.delete(asked.name);
      const sink = asked.lane === "live-first" ? divided(asked, now) : asked;
      const lane = sink.lane === "live-first" ? liveFirst : inOrder;
      const choice = before ?? lane(sink, rows, now);
      const last = choice.entries.at(-1);
      if (last === undefined) held.delete(sink.name);
      else held.set(sink.name, { last: last.id, isBacklog: choice.isBacklog });
      return foundOf(sink.name, choice);
    },
    ahead(sink, rows) {
      const last = held.get(sink.name)?.last;
      const range = sink.cursor.find(({ from, to }) => last !== undefined && last >= from && last < to);
      ready.delete(sink.name);
      if (last === undefined || range === undefined) return;
      const bodies = new Map<number, BatchBody>();
      for (const entry of collect(sink, { from: last + 1, to: range.to }, rows)) {
        const body = batches.body(entry);
        // Whoever asks for it finds the damage.
        if (body === undefined) break;
        bodies.set(entry.id, body);
      }
      ready.set(sink.name, bodies);
    },
    confirm(sink, names, ranMs) {
      const ids = names
        .filter(({ number, epoch }) => {
          const entry = batches.get(number);
          // A file that was begun anew gives numbers again, of another epoch.
          return entry !== undefined && batches.epochOf(entry.epochId)?.epoch === epoch;
        })
        .map(({ number }) => number)
        .filter((id) => isOpen(sink.cursor, id))
        .sort((a, b) => a - b);
      let cursor = sink.cursor;
      for (const id of ids) {
        // What this sink does not want goes with it, so that one range stays one.
        const range = cursor.find(({ from, to }) => id >= from && id < to);
        const from = range !== undefined && isNext(sink, range.from, id) ? range.from : id;
        cursor = without(cursor, from, id + 1) ?? cursor;
      }
      held.delete(sink.name);
      turns.set(sink.name, turns.get(sink.name) === "backlog" ? "live" : "backlog");
      empty.delete(sink.name);
      sinks.put({ ...sink, cursor, seenMs: ranMs });
      return ids.flatMap((id) => {
        const entry = batches.get(id);
        return entry?.stream !== undefined && sinks.waitingFor(entry.stream, id).length === 0 ? [entry] : [];
      });
    },
  };
}

interface Choice {
  readonly entries: readonly BatchEntry[];
  readonly isBacklog: boolean;
}

/** A damaged entry concerns everybody. */
const isWanted = (sink: StoredSink, { stream }: BatchEntry): boolean =>
  stream === undefined || sink.streams.includes(stream);
