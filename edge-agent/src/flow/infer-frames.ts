import type { RawScore, ScoreRequest, ServedScore } from "../ports/scorer.ts";

/** One window and what was said of it. */
export interface WindowHeard {
  /** Names the frame: the sensor, the end of its block, the window's place there. */
  readonly frame: string;
  /** What the models heard; not to be changed. */
  readonly samples: Float32Array;
  readonly score: ServedScore;
  /** Of its copies with other gain and noise. */
  readonly augmented: readonly RawScore[];
}

/** The windows of a block on their way through the models and back. */
export interface Frames {
  /** In the order in which `regroup` wants the scores. */
  readonly requests: readonly ScoreRequest[];
  regroup(scores: readonly ServedScore[]): WindowHeard[];
}

interface Cut {
  readonly sensor: string;
  readonly endUs: number;
  readonly windows: readonly Float32Array[];
  /** Of each window the same number of copies. */
  readonly augmented: readonly (readonly Float32Array[])[];
}

/** @param common to all windows of the block */
export function framesOf(cut: Cut, common: Omit<ScoreRequest, "frame" | "samples">): Frames {
  const { windows, augmented } = cut;
  const nameOf = (i: number) => `${cut.sensor}|${Math.round(cut.endUs)}|${i}`;
  const places: { readonly at: number; readonly copies: number }[] = [];
  const requests: ScoreRequest[] = [];
  windows.forEach((samples, i) => {
    const copies = augmented[i] ?? [];
    places.push({ at: requests.length, copies: copies.length });
    // Copies only widen a baseline: they have no name, and no challenger hears them.
    requests.push({ ...common, frame: nameOf(i), samples });
    for (const copy of copies) requests.push({ ...common, samples: copy });
  });
  return {
    requests,
    regroup: (scores) =>
      places.flatMap(({ at, copies }, i) => {
        const [score, samples] = [scores[at], windows[i]];
        if (score === undefined || samples === undefined) return [];
        return [{ frame: nameOf(i), samples, score, augmented: scores.slice(at + 1, at + 1 + copies) }];
      }),
  };
}
