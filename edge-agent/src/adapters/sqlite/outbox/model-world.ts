// The outbox beside its model: each step is done to both, and they are compared. For model.test.ts.
import { copyFileSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import type { Stream } from "../../../core/outbox/outbound.ts";
import type { ReaderOptions } from "../../../ports/outbox.ts";
import type { Database } from "../database.ts";
import { createFailingDisk } from "../small-disk.ts";
import { blocksOf, START_US, tempFolder } from "../test-kit.ts";
import type { Dropped, FoundBatch, OutboxItem, OutboxReply, OutboxRequest } from "./messages.ts";
import { type Coming, contentOf, createModel } from "./model.ts";
import { outboxSettings } from "./outbox-kit.ts";
import { createOutboxServer, type OutboxServer } from "./server.ts";

const ALL: readonly Stream[] = ["readings", "alarms", "gaps"];

export const SINKS: Readonly<Record<string, ReaderOptions>> = {
  archive: { streams: ALL, lane: "in-order" },
  broker: { streams: ["readings", "gaps"], lane: "live-first" },
  pager: { streams: ["alarms"], lane: "in-order" },
  twin: { streams: ALL, lane: "live-first" },
};

export type Command =
  | { readonly kind: "append"; readonly rows: number }
  | { readonly kind: "alarm" }
  | { readonly kind: "commit"; readonly fault: "late" | "none" | "refused" }
  | { readonly kind: "sink"; readonly sink: string }
  | { readonly kind: "read"; readonly sink: string; readonly rows: number }
  | { readonly kind: "confirm"; readonly sink: string; readonly most: number }
  | { readonly kind: "crash" }
  | { readonly kind: "reopen"; readonly damage: number | undefined }
  | { readonly kind: "disk"; readonly isLow: boolean }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "jump"; readonly us: number };

const MAX_AGE_MS = 3_600_000;
const STEP_MS = 1500;
/** Readings that surely find room, so that nothing is given up. */
const FEW = 40_000;
const MOST_READINGS = 5000;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;

interface Pending {
  readonly number: number;
  readonly item: OutboxItem;
  readonly coming: readonly Coming[];
}

export function createWorld() {
  const folder = tempFolder();
  const disk = createFailingDisk();
  const model = createModel();
  let file = folder.file("outbox 0.db");
  let nowUs = START_US;
  let nowMs = 0;
  /** What the outbox's own clock, which stands while it is off, is behind `nowMs`. */
  let behindMs = 0;
  let isLow = false;
  let starts = 0;
  let items = 0;
  let sequence = 0;
  let epoch = "";
  const epochs = new Set<string>();
  let pending: Pending[] = [];
  let server = newServer();

  const now = () => ({ nowUs, nowMs });
  const ranMs = () => nowMs - behindMs;

  /** Nothing here cuts the power: the disk need not be waited for. */
  function openFast(...args: Parameters<typeof disk.open>): Database {
    const db = disk.open(...args);
    db.exec("PRAGMA synchronous = OFF");
    return db;
  }

  function newServer(): OutboxServer {
    starts += 1;
    const settings = outboxSettings(file, { seed: `start ${starts}`, maxAgeMs: MAX_AGE_MS });
    const deps = { open: openFast, freeBytes: () => (isLow ? 0 : 2 ** 40) };
    return createOutboxServer({ ...settings, maxBytes: 2 ** 20, minFreeBytes: 1 }, deps);
  }

  function start(): void {
    opened(() => expect(ask({ kind: "open", nowUs, nowMs })).toMatchObject({ ok: true }));
    const tags: OutboxItem = { kind: "tags", tags: [0, 1, 2].map(tagOf) };
    ask({ kind: "commit", items: [{ number: 0, item: tags }], ...now() });
  }

  /** The outbox draws a new epoch, and its clock goes on from what the file remembers, never from more. */
  function opened(open: () => void): void {
    const base = baseOf(file);
    expect(base).toBeLessThanOrEqual(nowMs - behindMs);
    behindMs = nowMs - base;
    open();
    ({ epoch } = statistics());
    expect(epochs.has(epoch), "an epoch is never drawn twice").toBe(false);
    epochs.add(epoch);
  }

  function ask(request: OutboxRequest): OutboxReply {
    const reply = server.handle(request);
    expect(reply.notes.filter(({ level }) => level === "error")).toEqual([]);
    return reply;
  }

  function statistics() {
    const reply = ask({ kind: "query", query: { kind: "statistics" }, nowUs, nowMs });
    if (!reply.ok || reply.answer?.kind !== "statistics") throw new TypeError(JSON.stringify(reply));
    return reply.answer.statistics;
  }

  const add = (coming: Coming) => model.add({ ...coming, committedUs: nowUs, ranMs: ranMs(), epoch });

  /** What was given up is told to the sinks in one batch. */
  function tell(gaps: readonly string[]): void {
    if (gaps.length === 0 || !model.wants("gaps")) return;
    add({ stream: "gaps", rows: gaps.length, content: gaps.toSorted().join(", ") });
  }

  function append(rows: number): void {
    const first = sequence;
    sequence += rows;
    const batch = {
      count: rows,
      tag: Uint32Array.from({ length: rows }, (_, i) => i % 3),
      value: Float64Array.from({ length: rows }, (_, i) => Math.sin(first + i)),
      status: new Uint32Array(rows),
      sourceTimeUs: new Float64Array(rows).fill(nowUs),
      agentTimeUs: nowUs,
      sequence: Float64Array.from({ length: rows }, (_, i) => first + i),
      other: new Map(),
    };
    for (const item of blocksOf(batch)) {
      if (item.kind === "block") push(item, partsOf(first, rows));
    }
  }

  function push(item: OutboxItem, coming: readonly Coming[]): void {
    items += 1;
    pending.push({ number: items, item, coming });
  }

  function commit(wanted: "late" | "none" | "refused"): void {
    const rows = pending.reduce((sum, { coming }) => sum + rowsOf(coming), model.statistics().rows);
    const fault = wanted === "late" && (rows > FEW || isLow || pending.length === 0) ? "none" : wanted;
    const list = pending.map(({ item, number }) => ({ item, number }));
    const send = () => ask({ kind: "commit", items: structuredClone(list), ...now() });
    if (fault === "refused") {
      disk.errcode = SQLITE_FULL;
      expect(send()).toMatchObject({ ok: false, code: "DISK_FULL" });
      disk.errcode = 0;
      return;
    }
    if (fault === "none") {
      const reply = send();
      expect(reply).toMatchObject({ ok: true });
      took(reply.dropped);
      return;
    }
    disk.errcode = SQLITE_IOERR;
    disk.isLate = true;
    expect(send()).toMatchObject({ ok: false });
    disk.errcode = 0;
    disk.isLate = false;
    took([]);
    model.restart(false);
    // It was kept all the same: the same items are not written again.
    opened(() => expect(send()).toMatchObject({ ok: true, committed: { rows: 0 } }));
  }

  function took(dropped: readonly Dropped[]): void {
    const all = pending.flatMap(({ coming }) => coming).filter(({ stream }) => model.wants(stream));
    const alarms = all.filter(({ stream }) => stream === "alarms");
    const together = {
      stream: "alarms" as const,
      rows: alarms.length,
      content: alarms.map(({ content }) => content).join(),
    };
    const coming = [
      ...all.filter(({ stream }) => stream !== "alarms"),
      ...(alarms.length > 0 ? [together] : []),
    ];
    pending = [];
    const { gaps, refused } = model.drop(dropped, coming);
    for (const each of coming) if (!refused.has(each)) add(each);
    tell(gaps);
  }

  function read(sink: string, rows: number): void {
    const options = SINKS[sink];
    if (options === undefined || !model.has(sink)) return;
    const reply = ask({ kind: "query", query: { kind: "next", sink, options, rows }, ...now() });
    if (!reply.ok || reply.answer?.kind !== "next") throw new TypeError(JSON.stringify(reply));
    const found = reply.answer.batches;
    for (;;) {
      const wanted = model.next(sink, rows, ranMs());
      const hasDamaged = wanted.found.some(({ isDamaged }) => isDamaged);
      tell(wanted.gaps);
      if (hasDamaged) continue;
      const { isBacklog } = wanted;
      expect(found.map(wordsOf)).toEqual(
        wanted.found.map(({ number, content, epoch: name, committedUs }) => ({
          number,
          content,
          epoch: name,
          committedUs,
          isBacklog,
        })),
      );
      return;
    }
  }

  function confirm(sink: string, most: number): void {
    const numbers = model.held(sink).slice(0, most);
    const names = numbers.flatMap((number) => {
      const batch = model.get(number);
      return batch === undefined ? [] : [{ number, epoch: batch.epoch }];
    });
    if (names.length === 0) return;
    expect(ask({ kind: "query", query: { kind: "confirm", sink, names }, ...now() })).toMatchObject({
      ok: true,
    });
    model.confirm(
      sink,
      names.map(({ number }) => number),
      ranMs(),
    );
  }

  /** As SIGKILL leaves the file: copied under the process, which then is not heard of again. */
  function crash(): void {
    const copy = folder.file(`outbox ${starts}.db`);
    copyParts(file, copy);
    server.handle({ kind: "close" });
    file = copy;
    restarted();
  }

  function reopen(damage: number | undefined): void {
    expect(ask({ kind: "close" })).toMatchObject({ ok: true });
    const number = damage === undefined ? undefined : model.damage(damage);
    if (number !== undefined) flipBit(file, number);
    restarted();
  }

  /** What was handed over and not committed is gone. */
  function restarted(): void {
    pending = [];
    model.restart(true);
    server = newServer();
    start();
  }

  /** Whatever the outbox does in the background is done. */
  function settle(): void {
    for (let i = 0; i < 100; i += 1) {
      const reply = ask({ kind: "step", ...now() });
      const full = reply.dropped.filter(({ cause }) => cause !== "too-old");
      if (full.length > 0) tell(model.drop(full, []).gaps);
      if (!reply.hasWork) break;
    }
    tell(model.expire(ranMs() - MAX_AGE_MS));
  }

  function register(sink: string): void {
    const options = SINKS[sink];
    if (options === undefined) return;
    ask({ kind: "commit", items: [{ number: 0, item: { kind: "sink", sink, options } }], ...now() });
    model.register(sink, options, ranMs());
  }

  function raise(): void {
    const content = JSON.stringify({ id: `alarm ${sequence}` });
    sequence += 1;
    const item: OutboxItem = { kind: "document", stream: "alarms", atUs: nowUs, json: content };
    push(item, [{ stream: "alarms", rows: 1, content }]);
  }

  function perform(command: Command): void {
    if (command.kind === "append") append(command.rows);
    else if (command.kind === "alarm") raise();
    else if (command.kind === "commit") commit(command.fault);
    else if (command.kind === "sink") register(command.sink);
    else if (command.kind === "read") read(command.sink, command.rows);
    else if (command.kind === "confirm") confirm(command.sink, command.most);
    else if (command.kind === "crash") crash();
    else if (command.kind === "reopen") reopen(command.damage);
    else if (command.kind === "disk") isLow = command.isLow;
    else if (command.kind === "jump") nowUs += command.us;
    else wait(command.ms);
  }

  function wait(ms: number): void {
    nowMs += ms;
    nowUs += ms * 1000;
  }

  start();
  return {
    run(command: Command): void {
      wait(STEP_MS);
      perform(command);
      settle();
      const { bytes, epoch: _, sinks, ...found } = statistics();
      expect(bytes).toBeLessThanOrEqual(2 ** 20 + 2 ** 17);
      expect({ ...found, sinks: sinks.toSorted((a, b) => (a.sink < b.sink ? -1 : 1)) }).toEqual(
        model.statistics(),
      );
    },
    [Symbol.dispose]() {
      server.handle({ kind: "close" });
      folder[Symbol.dispose]();
    },
  };
}

const rowsOf = (coming: readonly Coming[]): number => coming.reduce((sum, { rows }) => sum + rows, 0);

/** A large batch is cut into several. */
const partsOf = (first: number, rows: number): Coming[] =>
  Array.from({ length: Math.ceil(rows / MOST_READINGS) }, (_, i) => {
    const count = Math.min(MOST_READINGS, rows - i * MOST_READINGS);
    return { stream: "readings", rows: count, content: `${count} from ${first + i * MOST_READINGS}` };
  });

const wordsOf = (batch: FoundBatch) => {
  const { number, epoch, committedUs, isBacklog } = batch;
  return { number, epoch, committedUs, isBacklog, content: contentOf(batch) };
};

const tagOf = (tag: number) =>
  ({ id: `t${tag}`, unit: "Cel", device: "plc", protocol: "s7", address: `DB1,REAL${tag * 4}` }) as const;

function copyParts(from: string, to: string): void {
  for (const part of ["", "-wal"]) if (existsSync(from + part)) copyFileSync(from + part, to + part);
}

/** What the outbox's clock goes on from. */
function baseOf(file: string): number {
  if (!existsSync(file)) return 0;
  copyParts(file, `${file}.probe`);
  const db = new DatabaseSync(`${file}.probe`);
  try {
    const sql =
      "SELECT max(coalesce((SELECT max(ran_ms) FROM batch), 0), coalesce((SELECT value FROM state WHERE name = 'ran_ms'), 0)) AS base";
    return Number(db.prepare(sql).get()?.["base"]);
  } finally {
    db.close();
  }
}

function flipBit(file: string, number: number): void {
  const db = new DatabaseSync(file);
  const bytes = db.prepare("SELECT bytes FROM body WHERE id = ?").get(number)?.["bytes"] as Uint8Array;
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 4;
  db.prepare("UPDATE body SET bytes = ? WHERE id = ?").run(bytes, number);
  db.close();
}
