import { availableParallelism } from "node:os";
import { EdgeError } from "../../core/errors.ts";
import type { InstalledModel } from "../../ports/model-store.ts";
import type { LoadedModel, LoadModel } from "../../ports/scorer.ts";
import { checkFiles } from "./check-files.ts";
import { compareVector, readGoldenVectors } from "./golden-vectors.ts";
import { readLabelledFrames } from "./labelled-frames.ts";
import { type ModelPackage, readModelPackage } from "./manifest.ts";
import { unpackScores } from "./tensors.ts";
import { createWorkerHost, type WorkerHostDeps, type WorkerHostOptions } from "./worker-host.ts";

export type LoaderOptions = Partial<WorkerHostOptions>;
export type LoaderDeps = WorkerHostDeps;

/** Two cores are left to acquisition, features and the store; a machine with two cores scores on one. */
const spareThreads = (): number => Math.max(1, availableParallelism() - 2);

/** Loads versions that a model store has checked, each into a worker of its own. */
export function createModelLoader(options: LoaderOptions, deps: LoaderDeps): LoadModel {
  return async (installed, signal) => {
    const model = await readModelPackage(installed.folder);
    const { digest } = model.contract;
    if (digest !== installed.model.digest) {
      throw new EdgeError(
        "MODEL_TAMPERED",
        `${installed.folder} holds a manifest with sha256 ${digest}, ${installed.model.digest} was installed there; ` +
          "it was not loaded. Fetch the model again",
      );
    }
    return load(model, installed, options, deps, signal);
  };
}

/** Loads and warms the model of any folder: every file is held against the manifest, no signature is asked for.
 *  @throws EdgeError MODEL_MISSING, MODEL_CONTRACT, MODEL_TAMPERED, SCORER_FAILED */
export async function openModelFolder(
  folder: string,
  options: LoaderOptions,
  deps: LoaderDeps,
  signal: AbortSignal,
): Promise<LoadedModel> {
  const model = await readModelPackage(folder);
  await checkFiles(model);
  const { name, version, digest, sequence } = model.contract;
  const loaded = await load(
    model,
    { folder, model: { name, version, digest, sequence } },
    options,
    deps,
    signal,
  );
  try {
    await loaded.warm(signal);
    return loaded;
  } catch (thrown) {
    await loaded.close();
    throw thrown;
  }
}

async function load(
  model: ModelPackage,
  installed: InstalledModel,
  options: LoaderOptions,
  deps: LoaderDeps,
  signal: AbortSignal,
): Promise<LoadedModel> {
  const { contract } = model;
  const host = createWorkerHost(
    model,
    {
      threads: options.threads ?? spareThreads(),
      loadTimeoutMs: options.loadTimeoutMs ?? 30_000,
      runTimeoutMs: options.runTimeoutMs ?? 10_000,
      workerUrl: options.workerUrl ?? new URL("./scorer.worker.ts", import.meta.url),
    },
    deps,
  );
  await host.open(signal);
  return {
    contract,
    installed,
    async score(batch, scoreSignal) {
      return batch.length === 0 ? [] : unpackScores(await host.run(batch, scoreSignal), batch.length);
    },
    async warm(warmSignal) {
      // The first runs are slow (allocation, kernel selection): better now than on the first real frame.
      const silence = { samples: new Float32Array(contract.windowSamples), shaftHz: 0 };
      for (let i = 0; i < WARM_RUNS; i += 1) await host.run([silence], warmSignal);
      for (const vector of await readGoldenVectors(model.folder, contract)) {
        compareVector(vector, await host.run([vector.request], warmSignal));
      }
    },
    goldenFrames: () => readLabelledFrames(model),
    close: host.close,
  };
}

const WARM_RUNS = 3;
