import { createHash } from "node:crypto";
import { valid as validVersion } from "semver";
import { z } from "zod";
import { ModelError } from "../errors.ts";
import { canonicalPart } from "./canonical-json.ts";

export const MANIFEST_FILE = "manifest.json";

// JSON Schema sees the patterns; the refinements below them say it in words.
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in small hex digits");
const text = z.string().min(1);

/** A part of a path on every file system and in every bucket. */
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be letters, digits and "._-", 64 at most, a letter or digit first',
  );

// https://semver.org, the suggested expression; build metadata is left out since two versions would differ in nothing else.
const version = z
  .string()
  .regex(
    /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/,
    "must be a semantic version, like 1.4.0",
  )
  .refine((value) => validVersion(value) === value, { error: "must be a semantic version, like 1.4.0" });

/** A file within the package: relative, "/" between parts, no part that starts with a dot. */
const path = z
  .string()
  .max(255)
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9._+-]*(\/[A-Za-z0-9_][A-Za-z0-9._+-]*)*$/,
    'must be a relative path of letters, digits, "._+-" and "/" within the package',
  )
  .refine((value) => !["manifest.json", "model.sig"].includes(value), {
    error: "manifest.json and model.sig do not list themselves",
  });

const role = z.enum(["graph", "head", "golden-vectors", "golden-labelled", "card", "sbom", "other"]);

const file = z.looseObject({ path, role, sha256, bytes: z.int().positive() });

const tensor = z.looseObject({
  name: text,
  dtype: z.literal("float32"),
  /** A number, or the name of an axis that may have any length. */
  shape: z.array(z.union([z.int().positive(), text])).min(1),
});

const tensors = z
  .array(tensor)
  .min(1)
  .refine((all) => isDistinct(all.map((one) => one.name)), { error: "two have the same name" });

/** manifest.json: everything that a consumer must know before it trusts a model. Open: a later pipeline may say more. */
export const manifestSchema = z
  .looseObject({
    schemaVersion: z.literal(1),
    name,
    version,
    /** Grows with each release of the model, whatever its version says: the bar against downgrades. */
    sequence: z.int().positive(),
    /** SPDX expression. */
    licence: text,
    minAgentVersion: version,
    files: z
      .array(file)
      .min(1)
      .max(256)
      .refine((all) => isDistinct(all.map((one) => one.path.toLowerCase())), {
        error: "one path stands there twice",
      })
      .refine((all) => all.filter((one) => one.role === "graph").length === 1, {
        error: 'exactly one file must have the role "graph"',
      }),
    opset: z.int().positive(),
    irVersion: z.int().positive(),
    inputs: tensors,
    outputs: tensors,
    /** How windows are made, and what the graph does with them. Skew between training and serving hides here. */
    preprocessing: z.looseObject({
      sampleRateHz: z.number().positive(),
      windowSamples: z.int().positive(),
      hopSamples: z.int().positive(),
      inGraph: z.record(z.string(), z.json()),
      /** Over the canonical JSON of inGraph. Baselines are valid for one digest only. */
      sha256,
    }),
    classes: z
      .array(text)
      .min(2)
      .refine((all) => isDistinct(all), { error: "one class stands there twice" })
      .refine((all) => all.includes("healthy"), { error: 'one must be "healthy"' }),
    thresholds: z.looseObject({
      anomalyScore: z.looseObject({ threshold: z.number().gt(0).lt(1) }),
    }),
    quantisation: z.looseObject({
      scheme: z.record(z.string(), z.json()),
      calibrationSetSha256: sha256,
      calibrationFrames: z.int().positive(),
    }),
    golden: z.looseObject({ vectors: path, labelled: path.optional() }),
    trainingData: z.looseObject({ description: text }),
    evaluation: z.record(z.string(), z.json()),
    /** Where it runs; anywhere if it does not say. */
    target: z
      .looseObject({
        executionProviders: z.array(text).min(1).optional(),
        arch: z.array(text).min(1).optional(),
      })
      .optional(),
    /** Software bill of materials: a file of the package (SPDX or CycloneDX). */
    sbom: path.optional(),
  })
  .superRefine((manifest, context) => {
    const paths = new Set(manifest.files.map((one) => one.path));
    const { vectors, labelled } = manifest.golden;
    for (const [at, wanted] of [
      [["golden", "vectors"], vectors],
      [["golden", "labelled"], labelled],
      [["sbom"], manifest.sbom],
    ] as const) {
      if (wanted !== undefined && !paths.has(wanted)) {
        context.addIssue({ code: "custom", path: [...at], message: `"${wanted}" is not among the files` });
      }
    }
  });

/** What a version says of itself. */
export type Manifest = z.output<typeof manifestSchema>;
export type ManifestFile = Manifest["files"][number];

// A manifest says of itself; measurements of hundreds of machines stay far below.
const MOST_BYTES = 4 << 20;

/** @param where for messages
 *  @throws ModelError MODEL_CONTRACT */
export function parseManifest(bytes: Uint8Array, where: string): Manifest {
  if (bytes.length > MOST_BYTES)
    throw refusal(where, `it has ${bytes.length} bytes, ${MOST_BYTES} are the most`);
  let manifest: Manifest;
  let preprocessing: string;
  try {
    const json = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    manifest = manifestSchema.parse(JSON.parse(json));
    preprocessing = canonicalPart(json, ["preprocessing", "inGraph"]);
  } catch (cause) {
    throw refusal(where, cause instanceof z.ZodError ? z.prettifyError(cause) : "it is no JSON", cause);
  }
  const digest = createHash("sha256").update(preprocessing).digest("hex");
  if (digest !== manifest.preprocessing.sha256) {
    throw refusal(
      where,
      `preprocessing.inGraph has digest ${digest}, not the one that preprocessing.sha256 names`,
    );
  }
  return manifest;
}

const refusal = (where: string, why: string, cause?: unknown): ModelError =>
  new ModelError(
    "MODEL_CONTRACT",
    `${where} is no manifest of a model: ${why}; make the package anew with pack`,
    {
      cause,
    },
  );

const isDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length;
