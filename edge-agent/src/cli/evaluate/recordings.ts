import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EdgeError } from "../../core/errors.ts";

const recordingSchema = z.looseObject({
  id: z.string().min(1),
  file: z.string().min(1),
  machine: z.string(),
  sampleRateHz: z.number().positive(),
  channels: z.array(z.string()).min(1),
  units: z.array(z.string()).optional(),
  rpm: z.number().positive().nullish(),
  label: z.string(),
  faultType: z.string().nullish(),
  sha256: z.string().length(64).optional(),
  samplesPerSnapshot: z.int().positive().optional(),
  snapshots: z.array(z.looseObject({ secondsSinceStart: z.number(), secondsToEnd: z.number() })).nullish(),
});

const manifestSchema = z.looseObject({
  formatVersion: z.literal(1),
  dataset: z.string().min(1),
  encoding: z.looseObject({ sampleType: z.string().optional(), type: z.string().optional() }),
  recordings: z.array(recordingSchema),
});

export type Recording = z.infer<typeof recordingSchema>;

/** One folder of recordings with its manifest. */
export interface Dataset {
  readonly name: string;
  readonly folder: string;
  readonly recordings: readonly Recording[];
  /** False for tables and other data that hold no waveforms. */
  readonly isWaveform: boolean;
}

/** The folder itself, or every folder in it, that has a manifest.json.
 *  @throws EdgeError DATA_INVALID naming what is wrong, and where */
export async function readDatasets(folder: string): Promise<Dataset[]> {
  const names = existsSync(join(folder, "manifest.json")) ? ["."] : await foldersIn(folder);
  const found = names
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, "manifest.json")));
  if (found.length === 0) {
    throw new EdgeError(
      "DATA_INVALID",
      `${folder} holds no manifest.json, nor does any folder in it; name a folder of recordings`,
    );
  }
  return Promise.all(found.toSorted().map(readDataset));
}

async function foldersIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (cause) {
    throw new EdgeError("DATA_INVALID", `${folder} cannot be read; check the path after --data`, { cause });
  }
}

async function readDataset(folder: string): Promise<Dataset> {
  const path = join(folder, "manifest.json");
  let parsed: z.infer<typeof manifestSchema>;
  try {
    parsed = manifestSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new EdgeError("DATA_INVALID", `${path} is no manifest of recordings: ${detail}`, { cause });
  }
  return {
    name: parsed.dataset,
    folder,
    recordings: parsed.recordings,
    isWaveform: parsed.encoding.sampleType === "float32",
  };
}

/** The first channel of a recording.
 *  @throws EdgeError DATA_INVALID when the file is not the one the manifest names */
export async function readSamples(dataset: Dataset, recording: Recording): Promise<Float32Array> {
  const path = join(dataset.folder, recording.file);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new EdgeError("DATA_INVALID", `${path} cannot be read`, { cause });
  });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (recording.sha256 !== undefined && sha256 !== recording.sha256) {
    throw new EdgeError("DATA_INVALID", `${path} is not the file that its manifest names (sha256 ${sha256})`);
  }
  const channels = recording.channels.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: Math.floor(bytes.byteLength / 4 / channels) }, (_, i) =>
    view.getFloat32(4 * i * channels, true),
  );
}
