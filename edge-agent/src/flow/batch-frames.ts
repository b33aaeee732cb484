import type { ModelServer, ScoreRequest, ServedScore } from "../ports/scorer.ts";

/** Gathers frames from all machines into runs of the model. A run begins as soon as the model is free, with what
 *  waits then: alone a frame never waits for company, under load the batch grows by itself. */
export interface FrameBatcher {
  /** @throws what the models throw, for every frame of the run that failed */
  score(requests: readonly ScoreRequest[], signal: AbortSignal): Promise<ServedScore[]>;
}

interface Waiting {
  readonly request: ScoreRequest;
  readonly signal: AbortSignal;
  resolve(score: ServedScore): void;
  reject(reason: unknown): void;
}

/** @param most frames of one run: bounds how long the frame behind a run waits */
export function createFrameBatcher(models: Pick<ModelServer, "score">, most: number): FrameBatcher {
  const waiting: Waiting[] = [];
  let isRunning = false;

  async function runOne(): Promise<void> {
    const batch = waiting.splice(0, most);
    const signal = batch[0]?.signal;
    if (signal === undefined) return;
    try {
      const scores = await models.score(
        batch.map((item) => item.request),
        signal,
      );
      batch.forEach((item, i) => {
        const score = scores[i];
        if (score === undefined) item.reject(new TypeError("the models gave fewer scores than frames"));
        else item.resolve(score);
      });
    } catch (thrown) {
      for (const item of batch) item.reject(thrown);
    }
  }

  async function drain(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    while (waiting.length > 0) await runOne();
    isRunning = false;
  }

  return {
    score(requests, signal) {
      const scores = requests.map(
        (request) =>
          new Promise<ServedScore>((resolve, reject) => waiting.push({ request, signal, resolve, reject })),
      );
      void drain();
      return Promise.all(scores);
    },
  };
}
