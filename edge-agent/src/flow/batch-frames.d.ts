import type { RawScore, ScoreRequest, Scorer } from "../ports/scorer.ts";
/** Gathers frames from all machines into runs of the model. A run begins as soon as the model is free, with what
 *  waits then: alone a frame never waits for company, under load the batch grows by itself. */
export interface FrameBatcher {
  /** @throws what the scorer throws, for every frame of the run that failed */
  score(requests: readonly ScoreRequest[], signal: AbortSignal): Promise<RawScore[]>;
}
/** @param most frames of one run: bounds how long the frame behind a run waits */
export declare function createFrameBatcher(scorer: Scorer, most: number): FrameBatcher;
