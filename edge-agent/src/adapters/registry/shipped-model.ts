import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ModelError, type OpenedPackage, openPackage, readTrust } from "@stethos/models";
import type { ModelVersion } from "../../core/model.ts";
import type { InstalledModel } from "../../ports/model-store.ts";

/** The model that the agent came with, and the keys that its maker signs with. */
export interface BuiltIn {
  readonly folder: string;
  readonly trustedKeys: readonly string[];
}

/** Finds a version where it is the one that the agent came with, checked afresh. */
export type FindShipped = (
  model: Pick<ModelVersion, "digest">,
  signal: AbortSignal,
) => Promise<InstalledModel | undefined>;

/** @throws ModelError USAGE for keys that cannot be used */
export async function findShippedIn(builtIn: BuiltIn | undefined): Promise<FindShipped> {
  if (builtIn === undefined) return async () => undefined;
  const { folder, trustedKeys } = builtIn;
  const trust = await readTrust(trustedKeys);
  return async ({ digest }, signal) => {
    if ((await manifestDigest(folder)) !== digest) return undefined;
    return installedModel(await openPackage(folder, trust, signal));
  };
}

async function manifestDigest(folder: string): Promise<string> {
  const file = join(folder, "manifest.json");
  try {
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  } catch (cause) {
    throw new ModelError(
      "MODEL_MISSING",
      `${file}, of the model that the agent came with, cannot be read; install the agent again`,
      {
        cause,
      },
    );
  }
}

export function installedModel({ manifest, digest, folder }: OpenedPackage): InstalledModel {
  const { name, version, sequence } = manifest;
  return { model: { name, version, sequence, digest }, folder };
}
