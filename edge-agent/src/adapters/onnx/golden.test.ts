import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RawScore, Scorer } from "../../ports/scorer.ts";
import { createOnnxScorer } from "./scorer.ts";
import { MODEL_FOLDER, quiet, silentTelemetry } from "./test-model.ts";

const folder = join(import.meta.dirname, "../../../../models/artifacts/listener/0.1.0/golden");

interface Span {
  readonly offset: number;
  readonly count: number;
}

interface Golden {
  readonly toleranceAbsolute: {
    readonly frame: number;
    readonly spectrum: number;
    readonly logits: number;
    readonly embedding: number;
  };
  readonly cases: readonly {
    readonly name: string;
    readonly shaftHz: number;
    readonly waveform: Span;
    readonly healthyFrame: Span | null;
    readonly expected: {
      readonly frame: Span;
      readonly spectrum: Span;
      readonly embedding: Span;
      readonly logits: readonly number[];
    };
  }[];
}

const golden = JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8")) as Golden;
const bytes = readFileSync(join(folder, "vectors.f32"));
const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const at = ({ offset, count }: Span): Float32Array => values.slice(offset, offset + count);

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);

/** What softmax of the expected logits gives. */
function probabilities(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

describe("the packaged model in the agent", () => {
  let scorer: Scorer;
  let scores: readonly RawScore[];

  beforeAll(async () => {
    scorer = await createOnnxScorer(
      { folder: MODEL_FOLDER },
      { clock: createSystemClock(), logger: quiet, telemetry: silentTelemetry },
    );
    scores = await scorer.score(
      golden.cases.map((one) => ({
        samples: at(one.waveform),
        shaftHz: one.shaftHz,
        ...(one.healthyFrame && { healthyFrame: at(one.healthyFrame) }),
      })),
      new AbortController().signal,
    );
  });
  afterAll(() => scorer.close());

  it.each(golden.cases.map((one, i) => [one.name, i] as const))("sees what training saw: %s", (_, i) => {
    const { expected } = golden.cases[i] ?? (golden.cases[0] as (typeof golden.cases)[number]);
    const score = scores[i] as RawScore;
    expect(largestDifference(score.frame, at(expected.frame))).toBeLessThan(golden.toleranceAbsolute.frame);
    expect(largestDifference(score.spectrum, at(expected.spectrum))).toBeLessThan(
      golden.toleranceAbsolute.spectrum,
    );
    expect(largestDifference(score.embedding, at(expected.embedding))).toBeLessThan(
      golden.toleranceAbsolute.embedding,
    );
    // A logit's tolerance, as it shows in a probability (slope of the softmax: at most 1/4 for each of two logits).
    expect(largestDifference(score.probabilities, probabilities(expected.logits))).toBeLessThan(
      golden.toleranceAbsolute.logits / 2,
    );
  });
});
