import type { Clock } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../../core/errors.ts";
import type { Logger } from "../../ports/logger.ts";
import { createFlushes } from "./flushes.ts";
import { createKeeper, type KeeperDeps } from "./keeper.ts";
import type { Link } from "./link.ts";
import type { Answers, Query, Reply } from "./messages.ts";
import type { Outgoing, Waiting } from "./outgoing.ts";
import type { Pending } from "./pending.ts";

/** Carries writes and questions to the worker, one at a time: commits when they are due, questions in between,
 *  compaction when nothing else waits; after a failed write it comes back later and later. */
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

export interface CourierDeps extends Pick<KeeperDeps, "connect" | "lose"> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outgoing: Outgoing;
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

interface Question {
  readonly query: Query;
  readonly answer: Pending<Answers[keyof Answers]>;
}

/** @param first the worker, which has opened the file, and its answer to that */
export function createCourier(first: { link: Link; reply: Reply }, deps: CourierDeps): Courier {
  const { clock, logger, outgoing } = deps;
  const stop = new AbortController();
  const questions: Question[] = [];
  const flushes = createFlushes();
  const keeper = createKeeper(first, {
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
      await clock.sleep(deps.commitIntervalMs, stop.signal).catch(() => undefined);
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

  async function write(taken: readonly Waiting[]): Promise<void> {
    const reply = await keeper.send({ kind: "commit", items: taken, ...at() });
    if (!reply?.ok) {
      outgoing.putBack(restored(taken, reply?.buffers ?? []));
      if (reply !== undefined) keeper.fail(reply);
      return;
    }
    outgoing.settle();
    const tags = taken.findLast(({ item }) => item.kind === "tags");
    if (tags !== undefined) keeper.remember(tags.item);
    for (const buffer of reply.buffers) deps.giveBack(buffer);
    keeper.succeed();
    // More is waiting than one commit takes.
    if (!outgoing.isEmpty) isDue = true;
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
    const reply = await keeper.send({ kind: "query", query: question.query, ...at() });
    if (reply?.ok && reply.answer !== undefined) question.answer.resolve(reply.answer);
    else question.answer.reject(new EdgeError(...reasonOf(reply)));
  }

  async function step(): Promise<void> {
    const reply = await keeper.send({ kind: "step", ...at() });
    if (reply?.ok === false) keeper.fail(reply);
  }

  async function check(): Promise<void> {
    const startMs = clock.monotonicMs();
    logger.info({}, "the history was not closed in order: looking for damage");
    const reply = await keeper.send({ kind: "check", ...at() });
    if (reply?.ok === false) keeper.fail(reply);
    if (reply?.ok) logger.info({ ms: Math.round(clock.monotonicMs() - startMs) }, "the history was checked");
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
    if (closed?.ok === false) logger.warn({ reason: closed.message }, "the history was not closed in order");
  }

  async function end(): Promise<void> {
    const lost = outgoing.readings;
    if (lost > 0) {
      logger.error({ readings: lost }, "the history was closed before everything could be written");
      deps.lose(lost);
    }
    const error = new EdgeError("HISTORY_FAILED", "the history is closed");
    flushes.rejectAll(error);
    for (const { answer } of questions.splice(0)) answer.reject(error);
    await keeper.end();
  }

  const ticking = tick();
  const driving = drive().catch((thrown: unknown) =>
    // A fault of this program: what waits will be dropped and counted, but the agent goes on reading.
    logger.error({ reason: describeError(thrown) }, "the history stopped; restart the agent and report this"),
  );

  return {
    ask(query, answer) {
      if (questions.length < MOST_QUESTIONS) questions.push({ query, answer });
      else
        answer.reject(new EdgeError("HISTORY_FAILED", `${MOST_QUESTIONS} questions wait; ask again later`));
      nudge();
    },
    flush(done) {
      deps.collect();
      flushes.add(outgoing.last, done);
      isForced = true;
      nudge();
    },
    dropped(number) {
      flushes.gone(
        number,
        new EdgeError("HISTORY_FAILED", "readings were given up before they were written"),
      );
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

function reasonOf(reply: Reply | undefined): ConstructorParameters<typeof EdgeError> {
  if (reply?.ok === false) return [reply.code, reply.message];
  return ["HISTORY_FAILED", "the history's worker thread ended before it could answer; ask again"];
}
