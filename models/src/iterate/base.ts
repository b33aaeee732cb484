import { createHash, randomInt } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { inc } from "semver";
import { createInstaller } from "../delivery/installer.ts";
import { ModelError } from "../errors.ts";
import { readUnsigned } from "../package/sign-package.ts";
import type { PublishedVersion } from "../registry/registry.ts";
import type { Iteration, Step } from "./iteration.ts";
import type { Plan } from "./work-folder.ts";

/** What runs now, and what the next version is called. */
export const base: Step = {
  name: "base",
  what: "fetch the version that runs now, and name the next one",
  async inputs(iteration, signal) {
    const { base: folder, channel, field, isQuick, model, version } = iteration.options;
    const from =
      folder === undefined
        ? (await offered(iteration, signal)).version.digest
        : (await readUnsigned(folder, signal)).digest;
    // Made for this iteration, so it decides with it whether a former plan still holds.
    const fieldSha256 = field === undefined ? null : await fieldDigest(field);
    return { model, channel: folder === undefined ? channel : null, from, version, fieldSha256, isQuick };
  },
  async run(iteration, signal) {
    const { field, model, version } = iteration.options;
    const from = await current(iteration, signal);
    const published = await versions(iteration, signal);
    const highest = published.reduce((most, { sequence }) => Math.max(most, sequence), from.sequence);
    const plan: Plan = {
      kind: field === undefined ? "full" : "head",
      base: { folder: from.folder, version: from.version, digest: from.digest },
      version: version ?? nextVersion(from.version, published),
      sequence: highest + 1,
    };
    if (plan.version === from.version || published.some((each) => each.version === plan.version)) {
      throw new ModelError("USAGE", `${model} ${plan.version} is there already; name another version`);
    }
    await iteration.work.setPlan(plan);
    return `${model} ${plan.base.version} runs now; ${plan.version} is made ${plan.kind === "head" ? "from field data" : "from the generator"}`;
  },
};

/** Where the package of the current version lies. */
export const baseFolder = ({ base: { folder } }: Plan, { work }: Pick<Iteration, "work">): string =>
  resolve(work.root, folder);

interface Current {
  readonly folder: string;
  readonly version: string;
  readonly digest: string;
  readonly sequence: number;
}

async function current(iteration: Iteration, signal: AbortSignal): Promise<Current> {
  const { work, options } = iteration;
  if (options.base !== undefined) {
    const { manifest, digest } = await readUnsigned(options.base, signal);
    const { version, sequence } = manifest;
    return { folder: resolve(options.base), version, digest, sequence };
  }
  const { version } = await offered(iteration, signal);
  const installer = await installerOf(iteration);
  const { folder } = await installer.install(version, () => undefined, signal);
  return { ...version, folder: relative(work.root, folder) };
}

async function offered(iteration: Iteration, signal: AbortSignal) {
  const { channel, model } = iteration.options;
  const offer = await (await installerOf(iteration)).offered(model, channel, signal);
  if (offer !== undefined) return offer;
  throw new ModelError(
    "MODEL_MISSING",
    `nothing runs yet: there is no channel ${model}/${channel}; set it, or name a package to start from with --base`,
  );
}

/** Fetches like a device: what is cut off is gone on with, and every byte is checked. */
const installerOf = async ({ work, trust, registry, clock }: Iteration) =>
  createInstaller(
    { folder: work.store, trust: await trust(), bytesPerSecond: Number.POSITIVE_INFINITY, quotaBytes: QUOTA },
    { registry: registry(), clock, random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS },
  );

const QUOTA = 4 * 2 ** 30;
const RANDOM_STEPS = 2 ** 32;

const versions = ({ options, registry }: Iteration, signal: AbortSignal) =>
  registry().versions(options.model, signal);

/** One patch above the current one, and above what was tried since. */
function nextVersion(from: string, published: readonly PublishedVersion[]): string {
  let next = inc(from, "patch");
  while (next !== null && published.some(({ version }) => version === next)) next = inc(next, "patch");
  return next ?? from;
}

/** Over the manifests below a folder; those hold the digests of the recordings.
 *  @throws ModelError MODEL_MISSING where there is none */
async function fieldDigest(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new ModelError("MODEL_MISSING", `the field data ${folder} cannot be read`, { cause });
  });
  const files = entries.filter((entry) => /(^|[/\\])manifest\.json$/.test(entry)).sort();
  if (files.length === 0) {
    throw new ModelError("MODEL_MISSING", `${folder} holds no field data: there is no manifest.json in it`);
  }
  const hash = createHash("sha256");
  for (const file of files) {
    const sha256 = createHash("sha256").update(await readFile(join(folder, file)));
    hash.update(`${file}\0${sha256.digest("hex")}\n`);
  }
  return hash.digest("hex");
}
