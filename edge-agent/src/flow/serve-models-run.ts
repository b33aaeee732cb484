import type { Clock } from "@stethos/protocol-finger/clock";
import { describeError } from "../core/errors.ts";
import { modelTitle, type Role } from "../core/model.ts";
import type { Logger } from "../ports/logger.ts";
import type { ScoreRequest, TimedScore } from "../ports/scorer.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { Lane, Run } from "./serve-models-lane.ts";

export interface RunPolicy {
  /** Frames that may wait for the model that only compares; above it they are not compared, and counted. */
  readonly comparingFrames: number;
  /** A challenger that acts and does not answer in this time has failed. */
  readonly challengerMs: number;
}

/** What became of a run that only compares; undefined where there was no room for it, or nobody needs it any more. */
export type Compared = readonly TimedScore[] | { readonly failure: string } | undefined;

/** The ways in which a model is run, each of them told to telemetry. */
export interface Runs {
  /** Acts. Once more where it failed, by whoever is the champion then. */
  byChampion(lane: Lane, batch: readonly ScoreRequest[], signal: AbortSignal): Promise<readonly TimedScore[]>;
  /** Acts, in bounded time. */
  byChallenger(
    lane: Lane,
    batch: readonly ScoreRequest[],
    signal: AbortSignal,
  ): Promise<readonly TimedScore[]>;
  /** Never rejects. */
  toCompare(lane: Lane, role: Role, batch: readonly ScoreRequest[], signal: AbortSignal): Promise<Compared>;
}

interface RunDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly policy: RunPolicy;
  /** Undefined when the server is closed. */
  championNow(): Lane | undefined;
}

export function createRuns({ clock, logger, telemetry, policy, championNow }: RunDeps): Runs {
  async function told<R extends Run | undefined>(
    lane: Lane,
    role: Role,
    batch: readonly ScoreRequest[],
    run: Promise<R>,
    signal: AbortSignal,
  ): Promise<R> {
    const frames = batch.length;
    const model = modelTitle(lane.model.contract);
    try {
      const done = await run;
      if (done !== undefined) {
        telemetry.emit({ kind: "model-run", model, role, frames, ms: done.ms });
      }
      return done;
    } catch (thrown) {
      if (!signal.aborted) telemetry.emit({ kind: "model-failed", model, role, frames });
      throw thrown;
    }
  }

  const act = async (lane: Lane, batch: readonly ScoreRequest[], signal: AbortSignal) =>
    timed(lane, await told(lane, "champion", batch, lane.run(batch, signal), signal));

  return {
    async byChampion(lane, batch, signal) {
      try {
        return await act(lane, batch, signal);
      } catch (thrown) {
        const now = championNow();
        if (signal.aborted || now === undefined) throw thrown;
        const model = modelTitle(lane.model.contract);
        // Who infers says what failed for good; this says why a frame came late.
        logger.debug({ model, err: describeError(thrown) }, "scoring failed; trying once more");
        return act(now, batch, signal);
      }
    },
    async byChallenger(lane, batch, signal) {
      const deadline = clock.deadline(policy.challengerMs, signal);
      try {
        const run = orAborted(lane.run(batch, deadline.signal), deadline.signal);
        return timed(lane, await told(lane, "challenger", batch, run, signal));
      } finally {
        deadline.dispose();
      }
    },
    async toCompare(lane, role, batch, signal) {
      if (lane.waitingFrames + batch.length > policy.comparingFrames) {
        telemetry.emit({ kind: "dropped", queue: "shadow-frames", count: batch.length });
        return undefined;
      }
      try {
        const run = await told(lane, role, batch, lane.compare(batch, signal), signal);
        return run && timed(lane, run);
      } catch (thrown) {
        return signal.aborted ? undefined : { failure: describeError(thrown) };
      }
    },
  };
}

const timed = ({ model }: Lane, { scores, ms }: Run): TimedScore[] =>
  scores.map((raw) => ({ raw, by: model.contract, ms: raw.runMs ?? ms / scores.length }));

/** A run that waits for its turn does not hear its signal yet. */
function orAborted<T>(run: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    run.then(resolve, reject);
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
