import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ModelError } from "../errors.ts";

const share = z.number().min(0).max(1);
const rates = z.looseObject({ detection: share, falseAlarms: share });
/** Null where there was nothing to count. */
const maybeRates = z.looseObject({ detection: share.nullable(), falseAlarms: share.nullable() });
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const side = z.looseObject({ name: z.string(), version: z.string(), files: z.record(z.string(), sha256) });

/** What `python -m pipeline judge` writes: a candidate beside the version that it would replace. */
const reportSchema = z.looseObject({
  schemaVersion: z.literal(1),
  candidate: side,
  current: side,
  samePreprocessing: z.boolean(),
  sameClasses: z.boolean(),
  /** Both on the labelled set of the current version, each with its own threshold. */
  golden: z.looseObject({
    windows: z.int().positive(),
    candidate: rates.extend({ accuracy: share }),
    current: rates.extend({ accuracy: share }),
    better: z.int().nonnegative(),
    worse: z.int().nonnegative(),
  }),
  /** By data set of real recordings; empty where none were given. */
  recordings: z.record(z.string(), z.looseObject({ candidate: maybeRates, current: maybeRates })),
  size: z.looseObject({ int8Bytes: z.int().positive(), fp32Bytes: z.int().positive() }),
  latency: z.looseObject({
    sameGraph: z.boolean(),
    candidateP50Ms: z.number().positive(),
    currentP50Ms: z.number().positive(),
    /** Candidate over current, measured in turn. */
    ratio: z.number().positive(),
  }),
});

export type Report = z.output<typeof reportSchema>;

/** @throws ModelError MODEL_MISSING, MODEL_CONTRACT */
export async function readReport(file: string): Promise<Report> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new ModelError("MODEL_MISSING", `${file} cannot be read; run the step "evaluate" first`, { cause });
  }
  try {
    return reportSchema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : "it is no JSON";
    throw new ModelError("MODEL_CONTRACT", `${file} is no report of an evaluation: ${why}`, { cause });
  }
}
