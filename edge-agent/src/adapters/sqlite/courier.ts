import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../../core/errors.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Block } from "./block.ts";
import { createFlushes } from "./flushes.ts";
import { createKeeper, type KeeperDeps } from "./keeper.ts";
import type { Link } from "./link.ts";
import type { Outgoing, Waiting } from "./outgoing.ts";
import type { Pending } from "./pending.ts";
import type { AnyItem, StoreWords, WireReply, WireRequest } from "./wire.ts";

/** Carries writes and questions to the worker, one at a time: commits when they are due, questions in between,
 *  compaction when nothing else waits; after a failed write it comes back later and later. */
export interface Courier<Q, A> {
  ask(query: Q, answer: Pending<A>): void;
  /** A commit is due before its time. */
  hurry(): void;
  /** Resolves `done` once everything handed over so far is on the disk; rejects it when the next attempt fails. */
  flush(done: Pending<void>): void;
  /** An item had to make room: whoever waits for it hears of it. */
  dropped(number: number): void;
  /** The file is being looked through: answers take longer. */
  readonly isChecking: boolean;
  /** Why nothing can be written. */
  readonly trouble: string | undefined;
  /** Commits what is left, closes the file and ends the worker. Never throws. */
  close(): Promise<void>;
}

export interface CourierDeps<I extends AnyItem, Q, R>
  extends Pick<KeeperDeps<I, Q, R>, "connect" | "hear" | "words"> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outgoing: Outgoing<I>;
  /** A block was lost with the worker that had it. */
  loseBlock(block: Block): void;
  /** A commit goes to the worker. */
  sending?(): void;
  /** The outcome of a commit, once it is known. */
  committed?(reply: R): void;
  /** So many readings were never written when the store was closed. */
  abandon(readings: number): void;
  /** Moves readings that still gather into `outgoing`. */
  collect(): void;
  /** A buffer came back. */
  giveBack(buffer: ArrayBuffer): void;
  readonly commitIntervalMs: number;
}

/** About 180,000 readings: some 100 ms of the worker. */
const COMMIT_BYTES = 8 * 2 ** 20;
const CLOSE_MS = 10_000;
const MOST_QUESTIONS = 256;

type Work = "commit" | "query" | "step";
/** Each kind of work has its turn: neither commits nor questions nor compaction can starve the others. */
const TURNS: Readonly<Record<Work, readonly Work[]>> = {
  commit: ["query", "step", "commit"],
  query: ["step", "commit", "query"],
  step: ["commit", "query", "step"],
};

interface Question<Q, A> {
  readonly query: Q;
  readonly answer: Pending<A>;
}

/** @param first the worker, which has opened the file, and its answer to that */
export function createCourier<I extends AnyItem, Q, A, R extends WireReply<A>>(
  first: { link: Link<WireRequest<I, Q>, R>; reply: R },
  deps: CourierDeps<I, Q, R>,
): Courier<Q, A> {
  const { clock, logger, outgoing, words } = deps;
  const stop = new AbortController();
  const questions: Question<Q, A>[] = [];
  const flushes = createFlushes();
  const keeper = createKeeper<I, Q, R>(first, {
    ...deps,
    waiting: () => outgoing.readings,
    onFailure: ({ code, message }) => flushes.rejectAll(new EdgeError(code, message)),
  });
  let last: Work = "step";
  let isDue = false;
  let isForced = false;
  let isClosing = false;
  // Something came while the driver was looking for work.
  let isNudged = false;
  let wake: (() => void) | undefined;

  function nudge(): void {
    isNudged = true;
    wake?.();
    wake = undefined;
  }

  async function tick(): Promise<void> {
    while (!stop.signal.aborted) {
      // Ends early, and for good, when the courier stops.
      await slept(clock, deps.commitIntervalMs, stop.signal);
      isDue = true;
      nudge();
    }
  }

  const at = () => ({ nowUs: clock.nowUs(), nowMs: clock.monotonicMs() });

  function isReady(work: Work): boolean {
    if (work === "query") return questions.length > 0;
    if (work === "step") return keeper.hasWork && keeper.mayTry;
    return isForced || (isDue && keeper.mayTry);
  }

  async function commit(): Promise<void> {
    // While the disk fails a block that is full waits; one that is not goes on filling.
    if (!keeper.isFailing || isForced || outgoing.isEmpty) deps.collect();
    isForced = false;
    isDue = false;
    if (!outgoing.isEmpty) await write(outgoing.take(COMMIT_BYTES));
    flushes.throughTo(outgoing.oldest);
  }

  async function write(taken: readonly Waiting<I>[]): Promise<void> {
    deps.sending?.();
    const reply = await keeper.send({ kind: "commit", items: taken, ...at() });
    if (!reply?.ok) {
      outgoing.putBack(restored(taken, reply?.buffers ?? []));
      if (reply !== undefined) keeper.fail(reply);
      return;
    }
    outgoing.settle();
    deps.committed?.(reply);
    const tags = taken.findLast(({ item }) => item.kind === "tags");
    if (tags !== undefined) keeper.remember(tags.item);
    for (const buffer of reply.buffers) deps.giveBack(buffer);
    keeper.succeed();
    // More is waiting than one commit takes.
    if (!outgoing.isEmpty) isDue = true;
  }

  /** The buffers went to the worker and came back; those of a worker that died did not. */
  function restored(taken: readonly Waiting<I>[], buffers: readonly ArrayBuffer[]): readonly Waiting<I>[] {
    let next = 0;
    return taken.flatMap((entry): Waiting<I>[] => {
      const { block } = entry.item;
      if (block === undefined) return [entry];
      const buffer = buffers[next++] ?? block.buffer;
      if (!buffer.detached) return [{ ...entry, item: { ...entry.item, block: { ...block, buffer } } }];
      deps.loseBlock(block);
      return [];
    });
  }

  async function answerNext(): Promise<void> {
    const question = questions.shift();
    if (question === undefined || question.answer.isSettled) return;
    const reply = await keeper.send({ kind: "query", query: question.query, ...at() });
    if (reply?.ok && reply.answer !== undefined) question.answer.resolve(reply.answer);
    else question.answer.reject(new EdgeError(...reasonOf(reply, words)));
  }

  async function step(): Promise<void> {
    const reply = await keeper.send({ kind: "step", ...at() });
    if (reply?.ok === false) keeper.fail(reply);
  }

  async function check(): Promise<void> {
    const startMs = clock.monotonicMs();
    logger.info({}, `looking for damage in the ${words.name}`);
    const reply = await keeper.send({ kind: "check", ...at() });
    if (reply?.ok === false) keeper.fail(reply);
    if (reply?.ok)
      logger.info({ ms: Math.round(clock.monotonicMs() - startMs) }, `the ${words.name} was checked`);
  }

  const jobs: Readonly<Record<Work, () => Promise<void>>> = { commit, query: answerNext, step };

  /** @returns false when there was nothing to do */
  async function work(): Promise<boolean> {
    if (keeper.needsCheck && keeper.mayTry) {
      await check();
      return true;
    }
    const next = TURNS[last].find(isReady);
    if (next === undefined) return false;
    last = next;
    await jobs[next]();
    return true;
  }

  async function drive(): Promise<void> {
    while (!isClosing) {
      isNudged = false;
      if ((await work()) || isNudged) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
    isForced = true;
    do await commit();
    while (!outgoing.isEmpty && !keeper.isFailing);
    const closed = keeper.hasWorker ? await keeper.send({ kind: "close" }) : undefined;
    if (closed?.ok === false)
      logger.warn({ reason: closed.message }, `the ${words.name} was not closed in order`);
  }

  async function end(): Promise<void> {
    const lost = outgoing.readings;
    if (lost > 0) {
      logger.error({ readings: lost }, `the ${words.name} was closed before everything could be written`);
      deps.abandon(lost);
    }
    const error = new EdgeError(words.failed, `the ${words.name} is closed`);
    flushes.rejectAll(error);
    for (const { answer } of questions.splice(0)) answer.reject(error);
    await keeper.end();
  }

  const ticking = tick();
  const driving = drive().catch((thrown: unknown) =>
    // A fault of this program: what waits will be dropped and counted, but the agent goes on reading.
    logger.error(
      { reason: describeError(thrown) },
      `the ${words.name} stopped; restart the agent and report this`,
    ),
  );

  return {
    ask(query, answer) {
      if (questions.length < MOST_QUESTIONS) questions.push({ query, answer });
      else answer.reject(new EdgeError(words.failed, `${MOST_QUESTIONS} questions wait; ask again later`));
      nudge();
    },
    hurry() {
      isDue = true;
      nudge();
    },
    flush(done) {
      deps.collect();
      flushes.add(outgoing.last, done);
      isForced = true;
      nudge();
    },
    dropped(number) {
      flushes.gone(number, new EdgeError(words.failed, "readings were given up before they were written"));
    },
    get trouble() {
      return keeper.trouble;
    },
    get isChecking() {
      return keeper.needsCheck;
    },
    async close() {
      isClosing = true;
      stop.abort();
      nudge();
      const deadline = clock.deadline(CLOSE_MS, new AbortController().signal);
      const late = new Promise<void>((resolve) => {
        deadline.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.race([driving, late]);
      deadline.dispose();
      await end();
      await ticking;
    },
  };
}

function reasonOf(
  reply: WireReply<unknown> | undefined,
  words: StoreWords,
): ConstructorParameters<typeof EdgeError> {
  if (reply?.ok === false) return [reply.code, reply.message];
  return [words.failed, `the ${words.name}'s worker thread ended before it could answer; ask again`];
}
