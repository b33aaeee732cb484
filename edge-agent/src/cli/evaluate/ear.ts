import { type Baseline, defaultBaselinePolicy, emptyBaseline, learn, lookUp } from "../../core/baseline.ts";
import { detect } from "../../core/detect.ts";
import type { Score } from "../../core/score.ts";
import type { Analyser } from "../../ports/analyser.ts";
import type { Scorer } from "../../ports/scorer.ts";

/** One block of a recording, long enough for one window of the model. */
export interface Piece {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
  readonly shaftHz: number;
  readonly toMetresPerSecondSquared?: number;
}

/** The agent's own way from samples to a verdict, for one sensor. */
export interface Ear {
  /** Learns from healthy pieces. */
  learn(pieces: readonly Piece[]): Promise<void>;
  judge(pieces: readonly Piece[]): Promise<Score[]>;
}

// Pieces under way at once: enough to fill a batch of the model.
const AT_ONCE = 8;

export function createEar(
  sensor: string,
  deps: { readonly analyser: Analyser; readonly scorer: Scorer },
): Ear {
  const { contract } = deps.scorer;
  const judgeOf = {
    model: `${contract.name} ${contract.version}`,
    classes: contract.classes,
    anomalyThreshold: contract.anomalyThreshold,
  };
  const { signal } = new AbortController();
  let baseline: Baseline = emptyBaseline(sensor, judgeOf.model);

  async function hear(piece: Piece, healthyFrame: Float32Array | undefined, seeds: readonly number[]) {
    const { prepared, features } = deps.analyser.analyse(
      {
        samples: piece.samples,
        sampleRateHz: piece.sampleRateHz,
        shaftHz: piece.shaftHz,
        ...(piece.toMetresPerSecondSquared !== undefined && {
          toMetresPerSecondSquared: piece.toMetresPerSecondSquared,
        }),
        modelRateHz: contract.sampleRateHz,
        windowSamples: contract.windowSamples,
        hopSamples: contract.windowSamples,
        augmentSeeds: seeds,
      },
      signal,
    );
    const { sensorState, windows, augmented } = await prepared;
    const inputs = windows.slice(0, 1).flatMap((window) => [window, ...(augmented[0] ?? [])]);
    const scores = await deps.scorer.score(
      inputs.map((samples) => ({ samples, shaftHz: piece.shaftHz, ...(healthyFrame && { healthyFrame }) })),
      signal,
    );
    return {
      sensorState,
      raw: scores[0],
      copies: scores.slice(1).map((copy) => copy.spectrum),
      features: await features,
    };
  }

  return {
    async learn(pieces) {
      for (const [i, piece] of pieces.entries()) {
        const { sensorState, raw, copies, features } = await hear(piece, undefined, [i + 1]);
        if (raw === undefined || features === undefined) continue;
        const { frame, spectrum } = raw;
        baseline = learn(baseline, {
          sensorState,
          shaftHz: piece.shaftHz,
          rms: features.rms,
          frame,
          spectrum,
          copies,
        });
      }
    },
    async judge(pieces) {
      const scores: Score[] = [];
      for (let i = 0; i < pieces.length; i += AT_ONCE) {
        const group = pieces.slice(i, i + AT_ONCE);
        scores.push(...(await Promise.all(group.map((piece, j) => judgeOne(piece, i + j)))));
      }
      return scores;
    },
  };

  async function judgeOne(piece: Piece, sequence: number): Promise<Score> {
    const knowledge = lookUp(baseline, piece.shaftHz, defaultBaselinePolicy);
    // A speed without a baseline is not taken for one that is still being learnt.
    const known = knowledge.kind === "learning" ? ({ kind: "none" } as const) : knowledge;
    const { sensorState, raw, features } = await hear(
      piece,
      known.kind === "learnt" ? known.band.healthyFrame : undefined,
      [],
    );
    const window = {
      machine: sensor,
      sensor,
      timeUs: 0,
      sequence,
      shaftHz: piece.shaftHz,
      sensorState,
      latencyMs: 0,
    };
    return detect({ ...window, ...(features && { features }), ...(raw && { raw }) }, known, judgeOf);
  }
}
