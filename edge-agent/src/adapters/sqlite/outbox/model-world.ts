// The outbox beside its model: each step is done to both, and they are compared. For model.test.ts.
import { statSync } from "node:fs";
import { expect } from "vitest";
import type { Database } from "../database.ts";
import { createFailingDisk } from "../small-disk.ts";
import { blocksOf, START_US, tempFolder } from "../test-kit.ts";
import type { Dropped, FoundBatch, OutboxItem, OutboxReply, OutboxRequest } from "./messages.ts";
import { type Coming, contentOf, createModel } from "./model.ts";
import { baseOf, copyParts, flipBit, newsIn } from "./model-file.ts";
import { type Command, partsOf, readingsOf, SINKS, tagOf } from "./model-load.ts";
import { outboxSettings } from "./outbox-kit.ts";
import { createOutboxServer, type OutboxServer } from "./server.ts";

const MAX_AGE_MS = 3_600_000;
const MOST_BYTES = 2 ** 20;
const STEP_MS = 1500;
/** Readings that surely find room, so that nothing is given up. */
const FEW = 40_000;
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
    return createOutboxServer({ ...settings, maxBytes: MOST_BYTES, minFreeBytes: 1 }, deps);
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
    for (const item of blocksOf(readingsOf(first, rows, nowUs))) {
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
    // It was kept all the same: the same items are not written again.
    opened(() => expect(send()).toMatchObject({ ok: true, committed: { rows: 0 } }));
    model.restart(false, ranMs());
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

  /** Changes nothing that can be seen. */
  function ahead(sink: string, rows: number): void {
    const answer = { kind: "ahead" };
    expect(ask({ kind: "query", query: { kind: "ahead", sink, rows }, ...now() })).toMatchObject({
      ok: true,
      answer,
    });
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
    // What a sink is given is divided into history and news in memory, and written with whatever is written next.
    model.divide(newsIn(file));
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
    switch (command.kind) {
      case "append":
        append(command.rows);
        break;
      case "alarm":
        raise();
        break;
      case "commit":
        commit(command.fault);
        break;
      case "sink":
        register(command.sink);
        break;
      case "read":
        read(command.sink, command.rows);
        break;
      case "ahead":
        ahead(command.sink, command.rows);
        break;
      case "confirm":
        confirm(command.sink, command.most);
        break;
      default:
        disturb(command);
    }
  }

  function disturb(command: Extract<Command, { kind: "crash" | "disk" | "jump" | "reopen" | "wait" }>): void {
    if (command.kind === "crash") crash();
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
      const { bytes: _, epoch: __, sinks, ...found } = statistics();
      expect(statSync(file).size).toBeLessThanOrEqual(MOST_BYTES);
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

const wordsOf = (batch: FoundBatch) => {
  const { number, epoch, committedUs, isBacklog } = batch;
  return { number, epoch, committedUs, isBacklog, content: contentOf(batch) };
};
