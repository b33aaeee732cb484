import { describeError, EdgeError } from "../../core/errors.ts";
import { createBackoff } from "../../lib/backoff.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Link } from "./link.ts";
import type { Answers, Failure, Item, Query, Reply, Request } from "./messages.ts";
import type { Outgoing, Waiting } from "./outgoing.ts";
import type { Pending } from "./pending.ts";

/** Carries writes and questions to the worker, one at a time, and keeps the worker going: commits when they are due,
 *  questions in between, compaction when nothing else waits; after a failed write it comes back later and later. */
export interface Courier {
  ask(query: Query, answer: Pending<Answers[keyof Answers]>): void;
  /** Resolves `done` once everything handed over so far is on the disk; rejects it when the next attempt fails. */
  flush(done: Pending<void>): void;
  /** An item had to make room: whoever waits for it hears of it. */
  dropped(number: number): void;
  /** The file is being looked through: answers take longer. */
  readonly isChecking: boolean;
  /** Commits what is left, closes the file and ends the worker. Never throws. */
  close(): Promise<void>;
}

export interface CourierDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outgoing: Outgoing;
  connect(): Link;
  /** Moves readings that still gather into `outgoing`. */
  collect(): void;
  /** A buffer came back. */
  giveBack(buffer: ArrayBuffer): void;
  lose(readings: number): void;
  readonly commitIntervalMs: number;
}

/** About 180,000 readings: some 100 ms of the worker. */
const COMMIT_BYTES = 8 * 2 ** 20;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 30_000;
const CLOSE_MS = 10_000;
const MOST_QUESTIONS = 256;

type Work = "commit" | "query" | "step";
/** Each kind of work has its turn: neither commits nor questions nor compaction can starve the others. */
const TURNS: Readonly<Record<Work, readonly Work[]>> = {
  commit: ["query", "step", "commit"],
  query: ["step", "commit", "query"],
  step: ["commit", "query", "step"],
};

interface Question {
  readonly query: Query;
  readonly answer: Pending<Answers[keyof Answers]>;
}

/** @param first the worker, which has opened the file, and its answer to that */
export function createCourier(first: { link: Link; reply: Reply }, deps: CourierDeps): Courier {
  const { clock, logger, outgoing } = deps;
  // One local disk: there is nobody to keep out of step with.
  const backoff = createBackoff(RETRY_FIRST_MS, RETRY_MOST_MS, () => 1);
  const stop = new AbortController();
  const questions: Question[] = [];
  let flushes: { readonly upTo: number; readonly done: Pending<void> }[] = [];
  let link: Link | undefined = first.link;
  let hasWork = false;
  let needsCheck = false;
  let last: Work = "step";
  let isDue = false;
  let isForced = false;
  let isClosing = false;
  let isFailing = false;
  let notBeforeMs = 0;
  // As of the last commit: what a new worker must know before anything else.
  let table: Item | undefined;
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
      await clock.sleep(deps.commitIntervalMs, stop.signal).catch(() => undefined);
      isDue = true;
      nudge();
    }
  }

  const request = () => ({ nowUs: clock.nowUs(), nowMs: clock.monotonicMs() });

  /** @returns undefined when the worker died over it */
  async function send(message: Request): Promise<Reply | undefined> {
    if (link === undefined && !mayTry()) return undefined;
    try {
      link ??= await reconnect();
      const reply = await link.ask(message);
      hear(reply);
      return reply;
    } catch (thrown) {
      await link?.end();
      link = undefined;
      fail({ code: "HISTORY_FAILED", message: describeError(thrown) });
      return undefined;
    }
  }

  async function reconnect(): Promise<Link> {
    const fresh = deps.connect();
    const opened = await fresh.ask({ kind: "open", ...request() });
    hear(opened);
    if (table !== undefined) hear(await fresh.ask({ kind: "commit", items: [table], ...request() }));
    return fresh;
  }

  function hear(reply: Reply): void {
    for (const note of reply.notes) logger[note.level](note.fields, note.message);
    if (reply.lost > 0) deps.lose(reply.lost);
    hasWork = reply.hasWork;
    needsCheck = reply.needsCheck;
  }

  function fail({ code, message }: Pick<Failure, "code" | "message">): void {
    const retryMs = backoff.next();
    notBeforeMs = clock.monotonicMs() + retryMs;
    if (!isFailing) {
      logger.error({ code, reason: message, retryMs }, "the history cannot be written: readings wait for it");
    }
    isFailing = true;
    rejectFlushes(new EdgeError(code, message));
  }

  function succeed(): void {
    if (isFailing) logger.info({ waiting: outgoing.readings }, "the history is written again");
    isFailing = false;
    backoff.reset();
  }

  function rejectFlushes(error: EdgeError): void {
    for (const { done } of flushes) done.reject(error);
    flushes = [];
  }

  function resolveFlushes(): void {
    flushes = flushes.filter(({ upTo, done }) => {
      if (upTo < outgoing.oldest) done.resolve();
      return !done.isSettled;
    });
  }

  const mayTry = () => clock.monotonicMs() >= notBeforeMs;

  function isReady(work: Work): boolean {
    if (work === "query") return questions.length > 0;
    if (work === "step") return hasWork && mayTry() && !isClosing;
    if (isForced) return true;
    return (isDue || isClosing) && mayTry();
  }

  async function commit(): Promise<void> {
    // While the disk fails a block that is full waits; one that is not goes on filling.
    if (!isFailing || isForced || outgoing.isEmpty) deps.collect();
    isForced = false;
    isDue = false;
    if (outgoing.isEmpty) {
      resolveFlushes();
      return;
    }
    const taken = outgoing.take(COMMIT_BYTES);
    const reply = await send({ kind: "commit", items: taken.map(({ item }) => item), ...request() });
    if (reply?.ok) {
      outgoing.settle();
      table = taken.findLast(({ item }) => item.kind === "tags")?.item ?? table;
      for (const buffer of reply.buffers) deps.giveBack(buffer);
      succeed();
      resolveFlushes();
      // More is waiting than one commit takes.
      if (!outgoing.isEmpty) isDue = true;
      return;
    }
    outgoing.putBack(restored(taken, reply?.buffers ?? []));
    if (reply !== undefined) fail(reply);
  }

  /** The buffers went to the worker and came back; those of a worker that died did not. */
  function restored(taken: readonly Waiting[], buffers: readonly ArrayBuffer[]): readonly Waiting[] {
    let next = 0;
    return taken.flatMap((entry): Waiting[] => {
      if (entry.item.kind !== "block") return [entry];
      const buffer = buffers[next++] ?? entry.item.block.buffer;
      if (!buffer.detached) {
        return [{ ...entry, item: { kind: "block", block: { ...entry.item.block, buffer } } }];
      }
      deps.lose(entry.item.block.rows);
      return [];
    });
  }

  async function answerNext(): Promise<void> {
    const question = questions.shift();
    if (question === undefined || question.answer.isSettled) return;
    const reply = await send({ kind: "query", query: question.query, ...request() });
    if (reply?.ok && reply.answer !== undefined) question.answer.resolve(reply.answer);
    else question.answer.reject(new EdgeError(...reasonOf(reply)));
  }

  async function step(): Promise<void> {
    const reply = await send({ kind: "step", ...request() });
    if (reply?.ok === false) fail(reply);
  }

  async function check(): Promise<void> {
    const startMs = clock.monotonicMs();
    logger.info({}, "the history was not closed in order: looking for damage");
    const reply = await send({ kind: "check", ...request() });
    if (reply?.ok === false) fail(reply);
    else logger.info({ ms: Math.round(clock.monotonicMs() - startMs) }, "the history was checked");
  }

  /** @returns false when there was nothing to do */
  async function work(): Promise<boolean> {
    if (needsCheck && (mayTry() || isClosing)) {
      await check();
      return true;
    }
    const next = TURNS[last].find(isReady);
    if (next === undefined) return false;
    last = next;
    await { commit, query: answerNext, step }[next]();
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
    await finish();
  }

  async function finish(): Promise<void> {
    isForced = true;
    do await commit();
    while (!outgoing.isEmpty && !isFailing);
    const closed = link === undefined ? undefined : await send({ kind: "close" });
    if (closed?.ok === false) logger.warn({ reason: closed.message }, "the history was not closed in order");
  }

  async function end(): Promise<void> {
    const lost = outgoing.readings;
    if (lost > 0) {
      logger.error({ readings: lost }, "the history was closed before everything could be written");
      deps.lose(lost);
    }
    const error = new EdgeError("HISTORY_FAILED", "the history is closed");
    rejectFlushes(error);
    for (const { answer } of questions.splice(0)) answer.reject(error);
    await link?.end();
  }

  hear(first.reply);
  if (!first.reply.ok) fail(first.reply);
  const ticking = tick();
  const driving = drive();

  return {
    ask(query, answer) {
      if (questions.length >= MOST_QUESTIONS) {
        answer.reject(
          new EdgeError(
            "HISTORY_FAILED",
            `${MOST_QUESTIONS} questions wait for the history; ask again later`,
          ),
        );
        return;
      }
      questions.push({ query, answer });
      nudge();
    },
    flush(done) {
      deps.collect();
      flushes.push({ upTo: outgoing.last, done });
      isForced = true;
      nudge();
    },
    dropped(number) {
      const error = new EdgeError("HISTORY_FAILED", "readings were given up before they were written");
      for (const { upTo, done } of flushes) if (upTo >= number) done.reject(error);
      flushes = flushes.filter(({ done }) => !done.isSettled);
    },
    get isChecking() {
      return needsCheck;
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

function reasonOf(reply: Reply | undefined): ConstructorParameters<typeof EdgeError> {
  if (reply?.ok === false) return [reply.code, reply.message];
  return ["HISTORY_FAILED", "the history's worker thread ended before it could answer; ask again"];
}
