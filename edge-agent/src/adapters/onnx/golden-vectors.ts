import { join } from "node:path";
import { z } from "zod";
import { EdgeError } from "../../core/errors.ts";
import type { ModelContract, ScoreRequest } from "../../ports/scorer.ts";
import { openFloats, readGolden, span } from "./float-file.ts";
import type { ScoresReply } from "./tensors.ts";

const tolerance = z.number().positive();

const vectorsSchema = z.looseObject({
  schemaVersion: z.literal(1),
  binary: z.looseObject({ file: z.string() }),
  toleranceAbsolute: z.looseObject({
    frame: tolerance,
    spectrum: tolerance,
    logits: tolerance,
    embedding: tolerance,
  }),
  cases: z
    .array(
      z.looseObject({
        name: z.string(),
        shaftHz: z.number(),
        waveform: span,
        healthyFrame: span.nullable(),
        expected: z.looseObject({
          frame: span,
          spectrum: span,
          embedding: span,
          logits: z.array(z.number()).min(2),
        }),
      }),
    )
    .min(1),
});

const OUTPUTS = ["frame", "spectrum", "embedding", "logits"] as const;
type Output = (typeof OUTPUTS)[number];

/** An input of the package with the answer that it must bring. */
export interface GoldenVector {
  readonly name: string;
  readonly request: ScoreRequest;
  readonly expected: Readonly<Record<Output, ArrayLike<number>>>;
  readonly tolerances: Readonly<Record<Output, number>>;
}

/** Reads golden/vectors.json of a package.
 *  @throws EdgeError MODEL_CONTRACT when there is none, or one that does not fit the model */
export async function readGoldenVectors(folder: string, contract: ModelContract): Promise<GoldenVector[]> {
  const golden = join(folder, "golden");
  const file = await readGolden(join(golden, "vectors.json"), vectorsSchema);
  const floats = await openFloats(golden, file.binary.file);
  return file.cases.map(({ name, shaftHz, waveform, healthyFrame, expected }) => {
    const of = (where: z.infer<typeof span>, what: string) =>
      floats(where, `golden vector "${name}", ${what}`);
    const { frame, spectrum, embedding, logits } = expected;
    requireLength(name, "frame", frame.count, contract.frameLength);
    requireLength(name, "spectrum", spectrum.count, contract.spectrumLength);
    requireLength(name, "logits", logits.length, contract.classes.length);
    return {
      name,
      tolerances: file.toleranceAbsolute,
      request: {
        samples: of(waveform, "waveform"),
        shaftHz,
        ...(healthyFrame && { healthyFrame: of(healthyFrame, "healthyFrame") }),
      },
      expected: {
        frame: of(frame, "frame"),
        spectrum: of(spectrum, "spectrum"),
        embedding: of(embedding, "embedding"),
        logits,
      },
    };
  });
}

function requireLength(name: string, what: string, found: number, wanted: number): void {
  if (found === wanted) return;
  throw new EdgeError(
    "MODEL_CONTRACT",
    `golden vector "${name}" has ${found} values of ${what}, the model gives ${wanted}`,
  );
}

/** @throws EdgeError MODEL_CONTRACT naming the first output that is off, and by how much */
export function compareVector(vector: GoldenVector, reply: ScoresReply): void {
  for (const output of OUTPUTS) {
    const off = largestDifference(reply[output], vector.expected[output]);
    // Whatever is no number is off as well.
    if (off <= vector.tolerances[output]) continue;
    throw new EdgeError(
      "MODEL_CONTRACT",
      `the model does not reproduce its golden vector "${vector.name}": ${output} is off by ${Number(off.toPrecision(3))}, ` +
        `${vector.tolerances[output]} is allowed; its files do not belong together, or this processor computes otherwise`,
    );
  }
}

function largestDifference(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < found.length; i += 1) {
    const difference = Math.abs((found[i] ?? Number.NaN) - (wanted[i] ?? Number.NaN));
    if (!(difference <= most)) most = difference;
  }
  return most;
}
