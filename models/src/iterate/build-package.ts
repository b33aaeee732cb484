import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { withMembers } from "../cli/manifest-text.ts";
import { ModelError } from "../errors.ts";
import { MANIFEST_FILE, type Manifest } from "../package/manifest.ts";
import { readUnsigned } from "../package/sign-package.ts";
import { baseFolder } from "./base.ts";
import { type Iteration, Refused, type Step } from "./iteration.ts";
import type { Plan } from "./work-folder.ts";

/** The last layer from field data, or the whole network from generated machines. */
export const train: Step = {
  name: "train",
  what: "learn",
  inputs: async ({ options: { isQuick } }) => ({ isQuick }),
  async run(iteration, signal) {
    const { work, options } = iteration;
    const plan = await work.plan();
    if (plan.kind === "full") {
      await pipeline(iteration, ["train", ...ofTraining(plan, iteration)], signal);
      if (options.isLean) await removeTrainingData(work.pipeline);
      return "the network is trained";
    }
    // Written once as a whole: what an interrupted run left is no package.
    await rm(work.package, { recursive: true, force: true });
    const field = ["--field", resolve(options.field ?? ""), "--base", baseFolder(plan, iteration)];
    const to = ["--out", work.package, "--version", plan.version, "--workdir", work.pipeline];
    await pipeline(iteration, ["head", ...field, ...to, ...quick(iteration)].map(String), signal);
    await numberPackage(work.package, plan);
    return `the last layer of ${plan.base.version} has learnt from the field`;
  },
};

/** INT8: made from the trained network, or kept byte for byte where the last layer alone has changed. */
export const quantise: Step = {
  name: "quantise",
  what: "bring the network to INT8",
  inputs: async () => null,
  async run(iteration, signal) {
    const plan = await iteration.work.plan();
    if (plan.kind === "full") {
      await pipeline(iteration, ["quantise", ...ofTraining(plan, iteration)], signal);
      return "the network is quantised";
    }
    const [before, after] = await Promise.all(
      [baseFolder(plan, iteration), iteration.work.package].map((folder) => readUnsigned(folder, signal)),
    );
    if (graphOf(before?.manifest) !== graphOf(after?.manifest)) {
      throw new ModelError("MODEL_TAMPERED", `${iteration.work.package} holds another graph than its base`);
    }
    return `the INT8 graph of ${plan.base.version} is kept, byte for byte`;
  },
};

/** Figures of the candidate beside the current version, on the same windows. */
export const evaluate: Step = {
  name: "evaluate",
  what: "measure the candidate beside the version that runs now",
  inputs: async ({ options: { data, isQuick } }) => ({ data, isQuick }),
  async run(iteration, signal) {
    const { work, options } = iteration;
    const plan = await work.plan();
    const data = await recordings(iteration);
    if (plan.kind === "full") {
      await pipeline(iteration, ["package", ...ofTraining(plan, iteration), ...data], signal);
      await rm(work.package, { recursive: true, force: true });
      await cp(join(work.out, "artifacts", "listener", plan.version), work.package, { recursive: true });
      await numberPackage(work.package, plan);
    }
    const sides = ["--candidate", work.package, "--current", baseFolder(plan, iteration)];
    await pipeline(
      iteration,
      ["judge", ...sides, "--out", work.report, ...data, ...quick(iteration)],
      signal,
    );
    return `${options.model} ${plan.version} was measured beside ${plan.base.version}`;
  },
};

/** A workflow names the folder whether there are recordings or not. */
async function recordings({ options: { data }, say }: Iteration): Promise<readonly string[]> {
  if (data === undefined) return [];
  const names = await readdir(data).catch(() => []);
  if (names.length > 0) return ["--data", resolve(data)];
  say(`${data} holds no recordings: the labelled set alone judges`);
  return [];
}

const quick = ({ options: { isQuick } }: Iteration): readonly string[] => (isQuick ? ["--quick"] : []);

const ofTraining = (plan: Plan, iteration: Iteration): readonly string[] => {
  const { pipeline: workdir, out } = iteration.work;
  return ["--workdir", workdir, "--out", out, "--version", plan.version, ...quick(iteration)];
};

/** Exit code of the pipeline for: looked at, and not worth it. */
const NOT_WORTH_IT = 3;

async function pipeline(iteration: Iteration, args: readonly string[], signal: AbortSignal): Promise<void> {
  const code = await iteration.pipeline(args, signal);
  signal.throwIfAborted();
  if (code === 0) return;
  if (code === NOT_WORTH_IT)
    throw new Refused("there is nothing to gain from these field data; its reason is above");
  throw new ModelError(
    "MODEL_CONTRACT",
    `python -m pipeline ${args[0]} ended with ${code}; its own words are above`,
  );
}

/** The pipeline knows one version before it; the registry may have seen more. */
async function numberPackage(folder: string, { sequence }: Plan): Promise<void> {
  const file = join(folder, MANIFEST_FILE);
  await writeFileAtomic(file, withMembers(await readFile(file, "utf8"), { sequence }));
}

const graphOf = (manifest: Manifest | undefined): string | undefined =>
  manifest?.files.find(({ role }) => role === "graph")?.sha256;

/** Shards of the training split and checkpoints: nine tenths of the folder, and no later stage reads them. */
async function removeTrainingData(pipelineFolder: string): Promise<void> {
  for (const name of await readdir(pipelineFolder, { recursive: true })) {
    if (/^dataset-[^/]+\/train-\d+\.npz$|^train-[^/]+\/checkpoint\.pt$/.test(name)) {
      await rm(join(pipelineFolder, name), { force: true });
    }
  }
}
