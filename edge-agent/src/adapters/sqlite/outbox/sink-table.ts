import { z } from "zod";
import { type Cursor, cursorFrom, isOpen } from "../../../core/outbox/cursor.ts";
import { STREAMS, type Stream } from "../../../core/outbox/outbound.ts";
import type { ReaderOptions } from "../../../ports/outbox.ts";
import type { Database } from "../database.ts";
import { textChecksum } from "./checksum.ts";

/** A sink as the file knows it. */
export interface StoredSink extends ReaderOptions {
  readonly name: string;
  readonly cursor: Cursor;
  /** When it was read last, on the clock that stands while the agent does. */
  readonly seenMs: number;
}

/** Who reads, and how far each is: kept across restarts. What changes is held in memory until it can be written. */
export interface SinkTable {
  readonly all: readonly StoredSink[];
  get(name: string): StoredSink | undefined;
  put(sink: StoredSink): void;
  remove(name: string): void;
  /** Within a transaction: what changed. */
  write(): void;
  /** What was written is there for good. */
  written(): void;
  /** Those who still wait for a batch. */
  waitingFor(stream: Stream, id: number): readonly StoredSink[];
  /** False where there are sinks and none takes this stream. */
  wants(stream: Stream): boolean;
}

const stored = z.object({
  streams: z.array(z.enum(STREAMS)),
  lane: z.enum(["in-order", "live-first"]),
  ranges: z.array(z.tuple([z.number(), z.number().nullable()])).min(1),
  seenMs: z.number(),
});

export function createSinkTable(db: Database): SinkTable {
  const save = db.prepare(
    "INSERT INTO sink (name, json, crc) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET json = ?2, crc = ?3",
  );
  const remove = db.prepare("DELETE FROM sink WHERE name = ?");
  const select = db.prepare("SELECT name, json, crc FROM sink ORDER BY name");
  const sinks = new Map<string, StoredSink>();
  const changed = new Set<string>();

  function write(name: string): void {
    const sink = sinks.get(name);
    if (sink === undefined) {
      remove.run(name);
      return;
    }
    const { streams, lane, seenMs } = sink;
    const ranges = sink.cursor.map(({ from, to }) => [from, Number.isFinite(to) ? to : null]);
    const json = JSON.stringify({ streams, lane, ranges, seenMs });
    save.run(name, json, textChecksum(name, json));
  }

  for (const row of select.all()) {
    const name = String(row["name"]);
    sinks.set(name, readSink(name, String(row["json"]), Number(row["crc"])));
  }
  return {
    get all() {
      return [...sinks.values()];
    },
    get: (name) => sinks.get(name),
    put(sink) {
      sinks.set(sink.name, sink);
      changed.add(sink.name);
    },
    remove(name) {
      sinks.delete(name);
      changed.add(name);
    },
    write() {
      for (const name of changed) write(name);
    },
    written: () => changed.clear(),
    waitingFor: (stream, id) =>
      [...sinks.values()].filter((sink) => sink.streams.includes(stream) && isOpen(sink.cursor, id)),
    wants: (stream) => sinks.size === 0 || [...sinks.values()].some((sink) => sink.streams.includes(stream)),
  };
}

/** A sink whose cursor is damaged begins again at what is kept: nothing is left out, some of it comes twice. */
function readSink(name: string, json: string, crc: number): StoredSink {
  const fresh: StoredSink = { name, streams: STREAMS, lane: "in-order", cursor: cursorFrom(1), seenMs: 0 };
  if (textChecksum(name, json) !== crc) return fresh;
  const { ranges, ...sink } = stored.parse(JSON.parse(json));
  const cursor = ranges.map(([from, to]) => ({ from, to: to ?? Number.POSITIVE_INFINITY }));
  return { name, ...sink, cursor };
}
