import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { describeError, EdgeError } from "../../core/errors.ts";
import type { ModelContract } from "../../ports/scorer.ts";
import type { Tensor } from "./messages.ts";

const tensor = z.looseObject({
  name: z.string(),
  dtype: z.literal("float32"),
  shape: z.array(z.union([z.int().positive(), z.string()])),
});

/** What the scorer needs of a package's manifest; the whole of it is checked where packages are installed. */
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(1),
  name: z.string().min(1),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  sequence: z.int().positive(),
  files: z.array(
    z.looseObject({ path: z.string(), sha256: z.string().length(64), bytes: z.int().nonnegative() }),
  ),
  inputs: z.array(tensor),
  outputs: z.array(tensor),
  preprocessing: z.looseObject({
    sampleRateHz: z.number().positive(),
    windowSamples: z.int().positive(),
    hopSamples: z.int().positive(),
    sha256: z.string().length(64),
  }),
  classes: z.array(z.string()).min(2),
  thresholds: z.looseObject({ anomalyScore: z.looseObject({ threshold: z.number().gt(0).lt(1) }) }),
});

/** What a package says of its model. */
export interface ModelPackage {
  readonly folder: string;
  readonly contract: ModelContract;
  readonly modelFile: string;
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Of one frame, without the batch axis. */
  readonly frameShape: readonly number[];
}

/** What the agent feeds, and what it reads. */
export const INPUTS: readonly string[] = ["waveform", "sample_rate_hz", "shaft_hz", "healthy_frame"];
export const OUTPUTS: readonly string[] = ["logits", "embedding", "frame", "spectrum"];

/** Reads the manifest of a model folder; no other file is looked at.
 *  @throws EdgeError MODEL_MISSING, MODEL_CONTRACT */
export async function readModelPackage(folder: string): Promise<ModelPackage> {
  const path = join(folder, "manifest.json");
  const text = await readManifest(path, folder);
  const manifest = parseManifest(text, path);
  const graph = manifest.files.find((entry) => entry.path.endsWith(".onnx"));
  if (graph === undefined) throw refusal(`${path} names no .onnx file under "files"`);
  const { inputs, outputs, files } = manifest;
  requireNames("input", INPUTS, inputs, folder);
  requireNames("output", OUTPUTS, outputs, folder);
  return {
    folder,
    modelFile: join(folder, graph.path),
    files,
    inputs,
    outputs,
    contract: contractOf(manifest, createHash("sha256").update(text).digest("hex")),
    frameShape: shapeOf(outputs, "frame"),
  };
}

async function readManifest(path: string, folder: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new EdgeError(
      "MODEL_MISSING",
      `no model at ${folder}: ${path} cannot be read; check "model" in the configuration`,
      { cause },
    );
  }
}

type Manifest = z.infer<typeof manifestSchema>;

function parseManifest(text: string, path: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : describeError(cause);
    throw refusal(`${path} is no model manifest: ${detail}`, cause);
  }
}

function requireNames(
  kind: string,
  wanted: readonly string[],
  given: readonly Tensor[],
  folder: string,
): void {
  const missing = wanted.filter((name) => !given.some((entry) => entry.name === name));
  if (missing.length > 0) throw refusal(`${folder}: the model has no ${kind} "${missing.join('", "')}"`);
}

function contractOf(manifest: Manifest, digest: string): ModelContract {
  const windowSamples = lengthOf(manifest.inputs, "waveform");
  if (manifest.preprocessing.windowSamples !== windowSamples) {
    throw refusal(
      `the manifest's windows have ${manifest.preprocessing.windowSamples} samples, its model takes ${windowSamples}`,
    );
  }
  if (!manifest.classes.includes("healthy")) throw refusal('the model knows no class "healthy"');
  return {
    name: manifest.name,
    version: manifest.version,
    sequence: manifest.sequence,
    digest,
    preprocessing: manifest.preprocessing.sha256,
    classes: manifest.classes,
    sampleRateHz: manifest.preprocessing.sampleRateHz,
    windowSamples,
    hopSamples: manifest.preprocessing.hopSamples,
    frameLength: lengthOf(manifest.outputs, "frame"),
    spectrumLength: lengthOf(manifest.outputs, "spectrum"),
    anomalyThreshold: manifest.thresholds.anomalyScore.threshold,
  };
}

const lengthOf = (tensors: readonly Tensor[], name: string): number =>
  shapeOf(tensors, name).reduce((product, size) => product * size, 1);

/** The sizes of one item of the batch; a symbolic size has no place there. */
function shapeOf(tensors: readonly Tensor[], name: string): number[] {
  const shape = tensors.find((entry) => entry.name === name)?.shape.slice(1) ?? [];
  return shape.map((size) => {
    if (typeof size === "number") return size;
    throw refusal(`the size "${size}" of "${name}" in the model's manifest must be a number`);
  });
}

const refusal = (message: string, cause?: unknown): EdgeError =>
  new EdgeError("MODEL_CONTRACT", message, { cause });
