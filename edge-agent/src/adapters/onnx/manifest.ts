import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { describeError, EdgeError } from "../../core/errors.ts";
import type { ModelContract } from "../../ports/scorer.ts";

const tensor = z.looseObject({
  name: z.string(),
  dtype: z.literal("float32"),
  shape: z.array(z.union([z.int().positive(), z.string()])),
});

/** What the agent needs of models/artifacts/<name>/<version>/manifest.json. */
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(1),
  name: z.string().min(1),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  sequence: z.int().positive(),
  files: z.array(
    z.looseObject({ path: z.string(), sha256: z.string().length(64), bytes: z.int().positive() }),
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

/** A model whose bytes are those its manifest names. */
export interface ModelPackage {
  readonly contract: ModelContract;
  readonly modelFile: string;
  /** Of one frame, without the batch axis. */
  readonly frameShape: readonly number[];
}

const INPUTS = ["waveform", "sample_rate_hz", "shaft_hz", "healthy_frame"];
const OUTPUTS = ["logits", "embedding", "frame", "spectrum"];

/** Reads and checks a model folder.
 *  @throws EdgeError MODEL_MISSING, MODEL_CONTRACT, MODEL_TAMPERED */
export async function readModelPackage(folder: string): Promise<ModelPackage> {
  const manifest = await readManifest(folder);
  const file = manifest.files.find((entry) => entry.path.endsWith(".onnx"));
  if (file === undefined) {
    throw new EdgeError("MODEL_CONTRACT", `${folder}/manifest.json names no .onnx file under "files"`);
  }
  const modelFile = join(folder, file.path);
  await checkBytes(modelFile, file);
  return {
    modelFile,
    contract: contractOf(manifest, folder),
    frameShape: shapeOf(manifest.outputs, "frame"),
  };
}

type Manifest = z.infer<typeof manifestSchema> & { readonly digest: string };

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, "manifest.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new EdgeError(
      "MODEL_MISSING",
      `no model at ${folder}: ${path} cannot be read; check "model" in the configuration`,
      {
        cause,
      },
    );
  }
  try {
    return {
      ...manifestSchema.parse(JSON.parse(text)),
      digest: createHash("sha256").update(text).digest("hex"),
    };
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : describeError(cause);
    throw new EdgeError("MODEL_CONTRACT", `${path} is no model manifest: ${detail}`, { cause });
  }
}

async function checkBytes(
  path: string,
  wanted: { readonly sha256: string; readonly bytes: number },
): Promise<void> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new EdgeError("MODEL_MISSING", `the model file ${path} cannot be read; fetch the model again`, {
      cause,
    });
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (bytes.length === wanted.bytes && sha256 === wanted.sha256) return;
  throw new EdgeError(
    "MODEL_TAMPERED",
    `${path} is not the file its manifest names (${bytes.length} bytes, sha256 ${sha256}; ` +
      `wanted ${wanted.bytes} bytes, ${wanted.sha256}); it was not loaded. Fetch the model again`,
  );
}

function contractOf(manifest: Manifest, folder: string): ModelContract {
  for (const [kind, wanted, given] of [
    ["input", INPUTS, manifest.inputs],
    ["output", OUTPUTS, manifest.outputs],
  ] as const) {
    const missing = wanted.filter((name) => !given.some((entry) => entry.name === name));
    if (missing.length > 0) {
      throw new EdgeError("MODEL_CONTRACT", `${folder}: the model has no ${kind} "${missing.join('", "')}"`);
    }
  }
  return {
    name: manifest.name,
    version: manifest.version,
    sequence: manifest.sequence,
    digest: manifest.digest,
    preprocessing: manifest.preprocessing.sha256,
    classes: manifest.classes,
    sampleRateHz: manifest.preprocessing.sampleRateHz,
    windowSamples: lengthOf(manifest.inputs, "waveform"),
    hopSamples: manifest.preprocessing.hopSamples,
    frameLength: lengthOf(manifest.outputs, "frame"),
    spectrumLength: lengthOf(manifest.outputs, "spectrum"),
    anomalyThreshold: manifest.thresholds.anomalyScore.threshold,
  };
}

const lengthOf = (tensors: Manifest["inputs"], name: string): number =>
  shapeOf(tensors, name).reduce((product, size) => product * size, 1);

/** The sizes of one item of the batch; a symbolic size has no place there. */
function shapeOf(tensors: Manifest["inputs"], name: string): number[] {
  const shape = tensors.find((entry) => entry.name === name)?.shape.slice(1) ?? [];
  return shape.map((size) => {
    if (typeof size === "number") return size;
    throw new EdgeError(
      "MODEL_CONTRACT",
      `the size "${size}" of "${name}" in the model's manifest must be a number`,
    );
  });
}
