import type { Clock } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../core/errors.ts";
import type { ScoreRequest, ServedScore } from "../ports/scorer.ts";
import type { FrameBatcher } from "./batch-frames.ts";

export type Answer =
  | { readonly kind: "failed"; readonly cause: unknown }
  | { readonly kind: "scores"; readonly scores: readonly ServedScore[] };

/** Asks the models, and while they are known to fail does not wait for them: a run that hangs takes long to be given up,
 *  and blocks that wait behind it would not be watched meanwhile. After the circuit breaker of M. Nygard, "Release It!",
 *  2nd ed. 2018, ch. 5: what is asked while they fail is the trial whether they answer again. */
export interface Asker {
  /** Never rejects. */
  ask(requests: readonly ScoreRequest[], signal: AbortSignal): Promise<Answer>;
  /** While the models are known to fail: ends the wait for what was asked too long ago. To be called with each new block:
   *  only what comes next can be held up. */
  giveUpLate(): void;
}

export interface AskDeps {
  readonly batcher: FrameBatcher;
  readonly clock: Clock;
  isDegraded(): boolean;
}

interface Question {
  readonly askedMs: number;
  giveUp(): void;
}

/** @param patienceMs far more than a run takes, far less than one that hangs */
export function createAsker({ batcher, clock, isDegraded }: AskDeps, patienceMs: number): Asker {
  // Oldest first.
  const open = new Set<Question>();
  let givenUp = 0;

  return {
    ask(requests, signal) {
      if (givenUp > 0 && isDegraded()) {
        return Promise.resolve(failed("the model has not answered yet; it is not asked again before it has"));
      }
      return new Promise((resolve) => {
        let isGivenUp = false;
        const question: Question = {
          askedMs: clock.monotonicMs(),
          giveUp() {
            open.delete(question);
            isGivenUp = true;
            givenUp += 1;
            resolve(failed(`the model did not answer within ${patienceMs} ms`));
          },
        };
        const settle = (answer: Answer): void => {
          open.delete(question);
          if (isGivenUp) givenUp -= 1;
          resolve(answer);
        };
        open.add(question);
        batcher.score(requests, signal).then(
          (scores) => settle({ kind: "scores", scores }),
          (cause: unknown) => settle({ kind: "failed", cause }),
        );
      });
    },
    giveUpLate() {
      if (open.size === 0 || !isDegraded()) return;
      const latestMs = clock.monotonicMs() - patienceMs;
      for (const question of [...open]) {
        if (question.askedMs > latestMs) return;
        question.giveUp();
      }
    },
  };
}

const failed = (message: string): Answer => ({
  kind: "failed",
  cause: new EdgeError("SCORER_FAILED", message),
});
