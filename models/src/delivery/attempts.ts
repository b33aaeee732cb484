import type { Clock } from "@stethos/protocol-finger/clock";
import { ModelError, type ModelErrorCode } from "../errors.ts";

/** Attempts in a row that bring nothing, after which it is given up. */
const MOST_FRUITLESS = 8;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

export interface AttemptDeps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Called before each wait. */
  readonly onFailure?: (error: ModelError, waitMs: number) => void;
}

// A store that is a moment behind has not got yet what was pushed just now.
const PASSING: ReadonlySet<ModelErrorCode> = new Set(["REGISTRY_UNREACHABLE", "MODEL_MISSING"]);

/** Does it again while it fails for reasons that pass, with full jitter in between (AWS Architecture Blog, "Exponential
 *  Backoff And Jitter", 2015). An attempt that got anywhere starts the count anew: a poor line gets there in the end.
 *  @param progress grows with what has been achieved */
export async function withAttempts<T>(
  work: () => Promise<T>,
  progress: () => number,
  { clock, random, onFailure }: AttemptDeps,
  signal: AbortSignal,
): Promise<T> {
  let fruitless = 0;
  for (;;) {
    signal.throwIfAborted();
    const before = progress();
    try {
      return await work();
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof ModelError) || !PASSING.has(thrown.code)) throw thrown;
      fruitless = progress() > before ? 1 : fruitless + 1;
      if (fruitless >= MOST_FRUITLESS) throw thrown;
      const step = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (fruitless - 1));
      const waitMs = random() * step;
      onFailure?.(thrown, waitMs);
      await clock.sleep(waitMs, signal);
    }
  }
}
