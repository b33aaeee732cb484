import type { Clock, Deadline } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../../core/errors.ts";
import type { Features } from "../../core/score.ts";
import type { Analyser, AnalysisRequest, PreparedBlock } from "../../ports/analyser.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { WorkReply } from "./messages.ts";
import { type StartThread, startThread, type Thread } from "./thread.ts";

export interface AnalyserOptions {
  /** Blocks at the thread at a time; one more is refused. */
  readonly mostInFlight?: number;
  /** A block takes a few milliseconds: a thread that is silent for so long hangs, and is replaced. */
  readonly timeoutMs?: number;
  /** How a thread is started, for tests that make it fail. */
  readonly start?: StartThread;
}

interface Deps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

interface Job {
  readonly id: number;
  readonly request: AnalysisRequest;
  readonly signal: AbortSignal;
  readonly prepared: PromiseWithResolvers<PreparedBlock>;
  readonly features: PromiseWithResolvers<Features | undefined>;
  /** Threads that died over this block. */
  deaths: number;
  deadline: Deadline | undefined;
}

/** Looks at blocks on a worker thread. A thread that dies or hangs is replaced, and the block it was at gets one more
 *  try; a second death rejects that block with SCORER_FAILED. */
export function createAnalyser(deps: Deps, options: AnalyserOptions = {}): Analyser {
  const { mostInFlight = 64, timeoutMs = 10_000, start = (events) => startThread(events) } = options;
  // In the order in which the thread works: the first is the one it is at.
  const jobs = new Map<number, Job>();
  let nextId = 1;
  let isClosed = false;
  let thread: Thread | undefined = open();

  function open(): Thread {
    // A late word of a thread that was replaced is no news about the one that replaced it.
    const opened: Thread = start({
      onReply: (reply) => thread === opened && settle(reply),
      onDeath: (cause) => thread === opened && replace(cause),
    });
    return opened;
  }

  function settle(reply: WorkReply): void {
    const job = jobs.get(reply.id);
    if (job === undefined) return;
    if (reply.kind === "prepared") {
      job.prepared.resolve(reply.prepared);
      return;
    }
    forget(job);
    if (reply.kind === "features") job.features.resolve(reply.features);
    else refuse(job, new EdgeError("SCORER_FAILED", `a block could not be analysed: ${reply.message}`));
  }

  function forget(job: Job): void {
    jobs.delete(job.id);
    job.deadline?.dispose();
  }

  function refuse(job: Job, reason: unknown): void {
    job.prepared.reject(reason);
    job.features.reject(reason);
  }

  function replace(cause: unknown): void {
    deps.logger.warn({ err: describeError(cause), waiting: jobs.size }, "the analyser's thread is replaced");
    deps.telemetry.emit({ kind: "worker-restart", worker: "analyser" });
    const [culprit] = jobs.values();
    if (culprit !== undefined) blame(culprit, cause);
    // An idle thread that dies may have no wish to live: the next block starts another.
    thread = jobs.size > 0 ? open() : undefined;
    for (const job of jobs.values()) post(job);
  }

  function blame(job: Job, cause: unknown): void {
    job.deaths += 1;
    if (job.deaths < 2) return;
    forget(job);
    refuse(job, new EdgeError("SCORER_FAILED", "the analyser died twice over one block", { cause }));
  }

  function post(job: Job): void {
    job.deadline?.dispose();
    const deadline = deps.clock.deadline(timeoutMs, job.signal);
    job.deadline = deadline;
    const onEnd = () => (deadline.expired ? onSilence() : onAbort(job));
    if (deadline.signal.aborted) onEnd();
    else {
      deadline.signal.addEventListener("abort", onEnd, { once: true });
      thread ??= open();
      thread.post({ id: job.id, request: job.request });
    }
  }

  function onSilence(): void {
    const hung = thread;
    // Its thread cannot be interrupted, only ended.
    hung?.end().catch((thrown) => deps.logger.error({ err: describeError(thrown) }, "a thread did not end"));
    replace(new Error(`no word from the thread in ${timeoutMs} ms`));
  }

  function onAbort(job: Job): void {
    forget(job);
    refuse(job, job.signal.reason);
  }

  function obstacle(): EdgeError | undefined {
    if (isClosed) return new EdgeError("SCORER_FAILED", "the analyser is closed");
    if (jobs.size < mostInFlight) return undefined;
    return new EdgeError("SCORER_FAILED", `the analyser is behind: ${jobs.size} blocks wait for it already`);
  }

  return {
    analyse(request, signal) {
      const prepared = Promise.withResolvers<PreparedBlock>();
      const features = Promise.withResolvers<Features | undefined>();
      // Both reject together; a caller that stops at the first must not have the second counted as unhandled.
      prepared.promise.catch(() => undefined);
      features.promise.catch(() => undefined);
      const job: Job = { id: nextId, request, signal, prepared, features, deaths: 0, deadline: undefined };
      nextId += 1;
      const refusal = obstacle();
      if (refusal !== undefined) refuse(job, refusal);
      else {
        jobs.set(job.id, job);
        post(job);
      }
      return { prepared: prepared.promise, features: features.promise };
    },
    async close() {
      isClosed = true;
      const last = thread;
      thread = undefined;
      for (const job of [...jobs.values()]) {
        forget(job);
        refuse(job, new EdgeError("SCORER_FAILED", "the analyser was closed"));
      }
      await last?.end();
    },
  };
}
