import type { Clock } from "@stethos/protocol-finger/clock";
import { describeError } from "../../core/errors.ts";
import { createBackoff } from "../../lib/backoff.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Link } from "./link.ts";
import type { AnyItem, Failure, StoreWords, WireReply, WireRequest } from "./wire.ts";

/** Keeps a worker: starts another one when it dies, hears its notes, and knows when a failed write may be tried
 *  again. */
export interface Keeper<I extends AnyItem, Q, R> {
  /** @returns undefined when the worker died over it, or has died and may not be started again yet */
  send(message: WireRequest<I, Q>): Promise<R | undefined>;
  fail(failure: Pick<Failure, "code" | "message">): void;
  succeed(): void;
  /** What a new worker must know before anything else. */
  readonly table: I | undefined;
  remember(table: I): void;
  readonly isFailing: boolean;
  /** Why. */
  readonly trouble: string | undefined;
  /** True when enough time has gone by since the last failure. */
  readonly mayTry: boolean;
  /** There is a step to do. */
  readonly hasWork: boolean;
  /** The file should be looked through before it is written to. */
  readonly needsCheck: boolean;
  readonly hasWorker: boolean;
  /** Ends the worker at once. */
  end(): Promise<void>;
}

export interface KeeperDeps<I extends AnyItem, Q, R> {
  readonly words: StoreWords;
  readonly clock: Clock;
  readonly logger: Logger;
  connect(): Link<WireRequest<I, Q>, R>;
  /** Hears every reply of a worker, before whoever asked. */
  hear(reply: R): void;
  /** Told of every failure. */
  onFailure(failure: Pick<Failure, "code" | "message">): void;
  /** How much waits. */
  waiting(): number;
}

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 30_000;

/** @param first the worker, which has opened the file, and its answer to that */
export function createKeeper<I extends AnyItem, Q, R extends WireReply<unknown>>(
  first: { readonly link: Link<WireRequest<I, Q>, R>; readonly reply: R },
  deps: KeeperDeps<I, Q, R>,
): Keeper<I, Q, R> {
  const { clock, logger, words } = deps;
  // One local disk: there is nobody to keep out of step with.
  const backoff = createBackoff(RETRY_FIRST_MS, RETRY_MOST_MS, () => 1);
  let link: Link<WireRequest<I, Q>, R> | undefined = first.link;
  let table: I | undefined;
  let hasWork = false;
  let needsCheck = false;
  let isFailing = false;
  let trouble: string | undefined;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  const mayTry = () => clock.monotonicMs() >= notBeforeMs;

  function hear(reply: R): void {
    for (const note of reply.notes) logger[note.level](note.fields, note.message);
    deps.hear(reply);
    hasWork = reply.hasWork;
    needsCheck = reply.needsCheck;
  }

  async function reconnect(): Promise<Link<WireRequest<I, Q>, R>> {
    const at = { nowUs: clock.nowUs(), nowMs: clock.monotonicMs() };
    const fresh = deps.connect();
    hear(await fresh.ask({ kind: "open", ...at }));
    if (table !== undefined)
      hear(await fresh.ask({ kind: "commit", items: [{ item: table, number: 0 }], ...at }));
    return fresh;
  }

  function fail(failure: Pick<Failure, "code" | "message">): void {
    const retryMs = backoff.next();
    notBeforeMs = clock.monotonicMs() + retryMs;
    if (!isFailing) {
      const { code, message: reason } = failure;
      logger.error({ code, reason, retryMs }, `the ${words.name} cannot be written: readings wait for it`);
    }
    isFailing = true;
    trouble = failure.message;
    deps.onFailure(failure);
  }

  hear(first.reply);
  if (!first.reply.ok) fail(first.reply);

  return {
    async send(message) {
      if (link === undefined && !mayTry()) return undefined;
      try {
        link ??= await reconnect();
        const reply = await link.ask(message);
        hear(reply);
        return reply;
      } catch (thrown) {
        await link?.end();
        link = undefined;
        fail({ code: words.failed, message: describeError(thrown) });
        return undefined;
      }
    },
    fail,
    succeed() {
      if (isFailing) logger.info({ waiting: deps.waiting() }, `the ${words.name} is written again`);
      isFailing = false;
      trouble = undefined;
      backoff.reset();
    },
    get table() {
      return table;
    },
    remember(latest) {
      table = latest;
    },
    get trouble() {
      return trouble;
    },
    get isFailing() {
      return isFailing;
    },
    get mayTry() {
      return mayTry();
    },
    get hasWork() {
      return hasWork;
    },
    get needsCheck() {
      return needsCheck;
    },
    get hasWorker() {
      return link !== undefined;
    },
    async end() {
      await link?.end();
    },
  };
}
