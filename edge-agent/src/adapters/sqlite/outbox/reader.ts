import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../../../core/errors.ts";
import type { OutboundTag, OutboxBatch } from "../../../core/outbox/outbound.ts";
import type { OutboxReader, ReaderOptions } from "../../../ports/outbox.ts";
import type { FoundBatches, OutboxAnswer, OutboxQuery } from "./messages.ts";
import { rowsOf } from "./rows.ts";

/** What the main thread knows of the file's tags, by their keys. */
export type KnownTags = Map<number, OutboundTag>;

export interface ReaderDeps {
  readonly clock: Clock;
  readonly tags: KnownTags;
  ask(query: OutboxQuery, signal: AbortSignal): Promise<OutboxAnswer>;
  readonly arrivals: Arrivals;
  /** Aborts when the outbox is closed. */
  readonly closed: AbortSignal;
}

/** Tells those who wait that something was committed. */
export interface Arrivals {
  /** Rises with each. */
  readonly count: number;
  announce(): void;
  /** Resolves when the count is no longer `seen`.
   *  @throws the signal's reason */
  after(seen: number, signal: AbortSignal): Promise<void>;
}

/** After a failed question. */
const RETRY_MS = 500;
/** Share of the rows asked for from which on more can be expected. */
const FULL = 0.5;
const never = new AbortController().signal;

export function createReader(sink: string, options: ReaderOptions, deps: ReaderDeps): OutboxReader {
  const { clock, tags, ask, arrivals, closed } = deps;

  /** undefined where the worker cannot answer for now. */
  async function find(rows: number, signal: AbortSignal): Promise<FoundBatches | undefined> {
    try {
      const answer = await ask({ kind: "next", sink, options, rows }, signal);
      return answer.kind === "next" ? answer : undefined;
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof EdgeError) return undefined;
      throw thrown;
    }
  }

  /** While the sink is busy with one delivery, the next is read; who asks for it waits for nothing but the answer. */
  function readAhead({ batches }: FoundBatches, rows: number): void {
    const found = batches.reduce((sum, { content }) => sum + rowsIn(content), 0);
    // After a small delivery there is no backlog, hence nothing to read.
    if (found < FULL * rows) return;
    // A mere hint: what is wrong is found by whoever asks for the batches.
    void ask({ kind: "ahead", sink, rows }, closed).catch(() => undefined);
  }

  function batchesOf(found: FoundBatches): readonly OutboxBatch[] {
    return found.batches.map(({ content, ...name }) => ({
      ...name,
      content: rowsOf(content, (key) => tags.get(key)),
    }));
  }

  return {
    async next({ rows }, callers) {
      const signal = AbortSignal.any([callers, closed]);
      for (;;) {
        signal.throwIfAborted();
        const seen = arrivals.count;
        const found = await find(rows, signal);
        if (found === undefined) {
          if (!(await slept(clock, RETRY_MS, signal))) signal.throwIfAborted();
          continue;
        }
        if (found.batches.length > 0) {
          readAhead(found, rows);
          return batchesOf(found);
        }
        await arrivals.after(seen, signal);
      }
    },
    async confirm(batches) {
      const names = batches.map(({ epoch, number }) => ({ epoch, number }));
      if (names.length > 0) await ask({ kind: "confirm", sink, names }, never);
    },
  };
}

const rowsIn = (content: FoundBatches["batches"][number]["content"]): number =>
  content.stream === "readings" ? content.columns.count : content.json.length;

export function createArrivals(): Arrivals {
  let count = 0;
  let waiting = new Set<() => void>();
  return {
    get count() {
      return count;
    },
    announce() {
      count += 1;
      const woken = waiting;
      waiting = new Set();
      for (const wake of woken) wake();
    },
    async after(seen, signal) {
      signal.throwIfAborted();
      if (count !== seen) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const onAbort = () => {
        waiting.delete(resolve);
        reject(signal.reason);
      };
      waiting.add(resolve);
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        await promise;
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}
