import { describeError } from "../../../core/errors.ts";
import type { Gap } from "../../../core/outbox/outbound.ts";
import { commitItems } from "../commit-items.ts";
import { faultOf, isDamage } from "../database.ts";
import { failureOf } from "../failure.ts";
import { buffersIn, type Failure, type Moment, type Note, type Numbered, type Success } from "../wire.ts";
import { missesCommits } from "./log-check.ts";
import {
  type Dropped,
  type FoundBatch,
  OUTBOX_WORDS,
  type OutboxAnswer,
  type OutboxItem,
  type OutboxQuery,
  type OutboxReply,
  type OutboxRequest,
} from "./messages.ts";
import { setOutboxAside } from "./salvage.ts";
import { openOutboxStore } from "./store.ts";
import { type OutboxSettings, type OutboxStore, type SystemDeps, systemDeps } from "./store-types.ts";

/** The worker's side: one request, one reply. It never throws, whatever the disk does. */
export interface OutboxServer {
  handle(request: OutboxRequest): OutboxReply;
}

const nothing = { rows: 0, bytes: 0 };

export function createOutboxServer(settings: OutboxSettings, deps: SystemDeps = systemDeps): OutboxServer {
  let store: OutboxStore | undefined;
  let { isNewRun } = settings;
  let opened = 0;
  let needsCheck = false;
  /** The open file was looked through, or will be, for a fullness that nothing explains. */
  let isSuspected = false;
  // Outlives the store: what the next one needs after a failed disk or a damaged file.
  let tags: OutboxItem | undefined;
  const sinks = new Map<string, OutboxItem>();
  let gaps: readonly Gap[] = [];
  let notes: Note[] = [];
  let dropped: Dropped[] = [];
  let committed = nothing;
  let isQuarantined = false;
  let now: Moment = { nowUs: 0, nowMs: 0 };

  function note(level: Note["level"], message: string, fields: Note["fields"]): void {
    notes.push({ level, message, fields: { file: settings.file, ...fields } });
  }

  function theStore(): OutboxStore {
    if (store !== undefined) return store;
    try {
      return open();
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      return replace(describeError(thrown));
    }
  }

  /** What the log lost with whatever damaged it, nobody can count. */
  function missed(): void {
    note("error", "the log of the outbox was damaged; commits at its end are lost", {});
    const { nowUs } = now;
    const gap = { stream: "readings", cause: "corrupt" } as const;
    gaps = [...gaps, { ...gap, rows: -1, fromUs: nowUs, toUs: nowUs, noticedUs: nowUs }];
    dropped.push({ ...gap, rows: 1 });
  }

  function open(): OutboxStore {
    // SQLite says nothing of it.
    if (isNewRun && opened === 0 && gaps.length === 0 && missesCommits(settings.file)) missed();
    const fresh = openOutboxStore({ ...settings, isNewRun }, { ...deps, opened, nowMs: now.nowMs });
    isNewRun = false;
    opened += 1;
    // A bit that flipped while the device was off, too: some of them only hide entries, and no statement fails.
    needsCheck = fresh.isUnclean || opened === 1;
    isSuspected = false;
    try {
      const items = [...(tags === undefined ? [] : [tags]), ...sinks.values()];
      if (items.length > 0 || gaps.length > 0) fresh.commit([...items, { kind: "gaps", gaps }], 0, now);
    } catch (thrown) {
      fresh.close(false);
      throw thrown;
    }
    gaps = [];
    store = fresh;
    return fresh;
  }

  /** Sets the damaged file aside and begins a new one, which tells the sinks what is lost. */
  function replace(damage: string): OutboxStore {
    discard();
    const { aside, bytes, lost } = setOutboxAside(settings.file, now.nowUs);
    note("error", "the outbox file was damaged; it was set aside and a new one was started", {
      damage,
      aside,
      bytes,
      lost,
      rescue: `stethos outbox export ${aside}`,
    });
    isQuarantined = true;
    gaps = [...gaps, ...lost];
    for (const { stream, cause, rows } of lost) dropped.push({ stream, cause, rows: Math.max(1, rows) });
    return open();
  }

  /** Closes what may no longer be used; the next request opens it again. */
  function discard(): void {
    const old = store;
    store = undefined;
    try {
      old?.close(false);
    } catch (thrown) {
      note("warn", "the outbox file could not be closed in order", { reason: describeError(thrown) });
    }
  }

  function check(): void {
    const damage = theStore().findDamage();
    needsCheck = false;
    if (damage !== undefined) replace(damage);
  }

  function commit(numbered: readonly Numbered<OutboxItem>[]): void {
    const target = theStore();
    // A disk that failed under a commit may have kept it: what is there is not written again.
    const fresh = numbered.filter(({ item, number }) => isSetting(item) || number > target.committedTo);
    const upTo = numbered.at(-1)?.number ?? 0;
    const items = commitItems(
      fresh.map(({ item }) => item),
      {
        write: (list) => write(target, list, upTo),
        rehearse: (item) => target.rehearse(item, now),
        refuse,
      },
    );
    for (const item of items) {
      if (item.kind === "tags") tags = item;
      else if (item.kind === "sink") sinks.set(item.sink, item);
    }
  }

  function write(target: OutboxStore, items: readonly OutboxItem[], upTo: number): void {
    const { unknown, ...done } = target.commit(items, upTo, now);
    committed = done;
    if (unknown > 0) note("warn", "readings of tags that were never registered were left out", { unknown });
  }

  function refuse(item: OutboxItem, thrown: unknown): void {
    const { kind } = item;
    note("error", "something could not be written to the outbox", { kind, reason: describeError(thrown) });
    dropped.push(lossOf(item));
  }

  function answer(query: OutboxQuery): OutboxAnswer {
    const source = theStore();
    switch (query.kind) {
      case "next":
        return source.next(query, now);
      case "ahead":
        source.ahead(query.sink, query.rows);
        return { kind: "ahead" };
      case "confirm":
        source.confirm(query.sink, query.names, now);
        return { kind: "confirm" };
      case "statistics":
        return { kind: "statistics", statistics: source.statistics() };
    }
  }

  function serve(request: OutboxRequest): OutboxAnswer | undefined {
    switch (request.kind) {
      case "open":
        theStore();
        return undefined;
      case "check":
        check();
        return undefined;
      case "commit":
        commit(request.items);
        return undefined;
      case "query":
        return answer(request.query);
      case "step":
        theStore().step(now);
        return undefined;
      case "close":
        // Left unchecked, it is looked through at the next start.
        store?.close(!needsCheck);
        store = undefined;
        return undefined;
    }
  }

  /** Puts the store into a state from which the next request can go on.
   *  @returns there is a new file, and the same request can be tried on it */
  function recover(thrown: unknown): boolean {
    const fault = faultOf(thrown);
    if (fault === "full" && store?.lackRoom() && !isSuspected) {
      isSuspected = true;
      needsCheck = true;
    }
    // A failed disk leaves the connection in doubt; opening again reads back what really reached it.
    if (fault === "io" || fault === "denied") discard();
    if (fault !== "corrupt" || store === undefined) return false;
    try {
      replace(describeError(thrown));
      return true;
    } catch (second) {
      note("error", "the damaged outbox file could not be replaced yet", { reason: describeError(second) });
      return false;
    }
  }

  function outcomeOf(request: OutboxRequest, isAgain: boolean): Failure | Success<OutboxAnswer> {
    try {
      const result = serve(request);
      return result === undefined ? { ok: true } : { ok: true, answer: result };
    } catch (thrown) {
      if (recover(thrown) && !isAgain) return outcomeOf(request, true);
      return failureOf(thrown, settings.file, OUTBOX_WORDS);
    }
  }

  return {
    handle(request) {
      notes = [];
      dropped = [];
      committed = nothing;
      isQuarantined = false;
      if ("nowMs" in request) now = { nowUs: request.nowUs, nowMs: request.nowMs };
      const outcome = outcomeOf(request, false);
      return {
        ...outcome,
        notes,
        dropped: [...dropped, ...(store?.dropped() ?? [])],
        committed,
        isQuarantined,
        hasWork: store?.hasWork(now.nowMs) ?? false,
        needsCheck,
        buffers: request.kind === "commit" ? buffersIn(request.items) : buffersOf(outcome),
      };
    },
  };
}

const isSetting = ({ kind }: OutboxItem): boolean => kind === "tags" || kind === "sink";

function lossOf(item: OutboxItem): Dropped {
  const stream = item.kind === "document" ? item.stream : "readings";
  return { stream, cause: "write-failed", rows: item.kind === "block" ? item.block.rows : 1 };
}

/** Columns of an answer move to whoever asked. */
function buffersOf(outcome: Failure | Success<OutboxAnswer>): ArrayBuffer[] {
  if (!outcome.ok || outcome.answer?.kind !== "next") return [];
  return outcome.answer.batches.flatMap(columnsIn);
}

function columnsIn({ content }: FoundBatch): ArrayBuffer[] {
  if (content.stream !== "readings") return [];
  const { tag, value, status, sourceTimeUs, agentTimeUs, sequence, kind } = content.columns;
  const columns = [tag, value, status, sourceTimeUs, agentTimeUs, sequence, kind];
  return [...new Set(columns.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
}
