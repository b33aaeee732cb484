import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../core/errors.ts";
import type { LoadedModel, RawScore, ScoreRequest } from "../ports/scorer.ts";

/** One run of a model. */
export interface Run {
  readonly scores: readonly RawScore[];
  /** From its start to its answer, without the wait for its turn. */
  readonly ms: number;
}

/** A loaded model and who waits for it: one run at a time, and runs that somebody waits for before those that only
 *  compare. */
export interface Lane {
  readonly model: LoadedModel;
  /** Frames of comparing runs that have not begun. */
  readonly waitingFrames: number;
  /** Nothing runs and nothing waits. */
  readonly isIdle: boolean;
  run(batch: readonly ScoreRequest[], signal: AbortSignal): Promise<Run>;
  /** A run that only compares; undefined where the model was retired before its turn came. */
  compare(batch: readonly ScoreRequest[], signal: AbortSignal): Promise<Run | undefined>;
  /** Keeps the model open until it is called back, whatever is decided meanwhile. */
  hold(): () => void;
  /** Begins no comparing run any more, waits for what is under way, but not for ever, and closes the model. */
  retire(): Promise<void>;
}

interface Job {
  readonly batch: readonly ScoreRequest[];
  readonly signal: AbortSignal;
  readonly done: PromiseWithResolvers<Run | undefined>;
}

export function createLane(model: LoadedModel, drainMs: number, clock: Clock): Lane {
  const wanted: Job[] = [];
  const comparing: Job[] = [];
  let held = 0;
  let isRunning = false;
  let retired: Promise<void> | undefined;
  let onQuiet: (() => void) | undefined;

  const isIdle = () => !isRunning && wanted.length === 0 && comparing.length === 0;

  function tellQuiet(): void {
    if (held === 0 && isIdle()) onQuiet?.();
  }

  async function runOne(job: Job): Promise<void> {
    const began = clock.monotonicMs();
    try {
      const scores = await model.score(job.batch, job.signal);
      if (scores.length !== job.batch.length) {
        throw new EdgeError(
          "SCORER_FAILED",
          `the model gave ${scores.length} scores for ${job.batch.length} frames`,
        );
      }
      job.done.resolve({ scores, ms: clock.monotonicMs() - began });
    } catch (thrown) {
      job.done.reject(thrown);
    }
  }

  async function work(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    for (let job = wanted.shift() ?? comparing.shift(); job; job = wanted.shift() ?? comparing.shift()) {
      await runOne(job);
    }
    isRunning = false;
    tellQuiet();
  }

  function queue(jobs: Job[], batch: readonly ScoreRequest[], signal: AbortSignal): Promise<Run | undefined> {
    const done = Promise.withResolvers<Run | undefined>();
    jobs.push({ batch, signal, done });
    void work();
    return done.promise;
  }

  async function drainAndClose(): Promise<void> {
    for (const job of comparing.splice(0)) job.done.resolve(undefined);
    const quiet = Promise.withResolvers<void>();
    onQuiet = quiet.resolve;
    tellQuiet();
    const patience = new AbortController();
    await Promise.race([quiet.promise, slept(clock, drainMs, patience.signal)]);
    patience.abort();
    await model.close();
  }

  return {
    model,
    get waitingFrames() {
      return comparing.reduce((sum, job) => sum + job.batch.length, 0);
    },
    get isIdle() {
      return isIdle();
    },
    async run(batch, signal) {
      const run = await queue(wanted, batch, signal);
      if (run === undefined) throw new TypeError("a run that was waited for was called off");
      return run;
    },
    compare: (batch, signal) =>
      retired === undefined ? queue(comparing, batch, signal) : Promise.resolve(undefined),
    hold() {
      held += 1;
      return () => {
        held -= 1;
        tellQuiet();
      };
    },
    retire() {
      retired ??= drainAndClose();
      return retired;
    },
  };
}
