import { EdgeError } from "../../core/errors.ts";
import type { ModelContract, RawScore, ScoreRequest } from "../../ports/scorer.ts";
import type { RunMessage, WorkerReply } from "./messages.ts";

export type ScoresReply = Extract<WorkerReply, { kind: "scores" }>;

/** The requests as the worker wants them: one array an input.
 *  @throws EdgeError MODEL_CONTRACT at a window of another length */
export function packBatch(id: number, batch: readonly ScoreRequest[], contract: ModelContract): RunMessage {
  const { windowSamples: window, frameLength: frame } = contract;
  const waveform = new Float32Array(batch.length * window);
  const shaftHz = new Float32Array(batch.length);
  const healthyFrame = new Float32Array(batch.length * frame);
  batch.forEach((request, i) => {
    if (request.samples.length !== window) {
      throw new EdgeError(
        "MODEL_CONTRACT",
        `a window has ${request.samples.length} samples, the model takes ${window}`,
      );
    }
    waveform.set(request.samples, i * window);
    shaftHz[i] = request.shaftHz;
    if (request.healthyFrame !== undefined) healthyFrame.set(request.healthyFrame, i * frame);
  });
  return { id, batch: batch.length, waveform, shaftHz, healthyFrame };
}

export function unpackScores(reply: ScoresReply, count: number): RawScore[] {
  const row = (all: Float32Array, i: number) => {
    const length = all.length / count;
    return all.subarray(i * length, (i + 1) * length);
  };
  return Array.from({ length: count }, (_, i) => ({
    probabilities: softmax(row(reply.logits, i)),
    embedding: row(reply.embedding, i),
    frame: row(reply.frame, i),
    spectrum: row(reply.spectrum, i),
    runMs: reply.runMs / count,
  }));
}

export function softmax(logits: Float32Array): Float32Array {
  const top = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
