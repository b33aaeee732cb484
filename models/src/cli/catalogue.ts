import { ModelError } from "../errors.ts";
import { CHANNELS, MODELS } from "../registry/layout.ts";
import type { ObjectStore } from "../registry/object-store.ts";
import type { PublishedVersion, Registry } from "../registry/registry.ts";

/** Names of the models in a registry, in order. */
export const modelsIn = (store: ObjectStore, signal: AbortSignal): Promise<readonly string[]> =>
  partsAfter(store, MODELS, signal);

/** Names of the channels of a model, in order. */
export const channelsOf = async (
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const found = await partsAfter(store, `${CHANNELS}${name}/`, signal);
  // A channel is one file, or a folder where the store knows no conditions.
  return [...new Set(found.map((part) => part.replace(/\.json$/, "")))].sort();
};

async function partsAfter(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const parts = new Set<string>();
  for await (const { key } of store.list(prefix, signal)) {
    const [part = ""] = key.slice(prefix.length).split("/");
    parts.add(part);
  }
  return [...parts].sort();
}

/** @throws ModelError MODEL_MISSING, with what there is */
export async function versionOf(
  registry: Registry,
  name: string,
  version: string,
  signal: AbortSignal,
): Promise<PublishedVersion> {
  const all = await registry.versions(name, signal);
  const found = all.find((published) => published.version === version);
  if (found !== undefined) return found;
  const there = all.map((published) => published.version).join(", ") || "none";
  throw new ModelError("MODEL_MISSING", `${registry.store.name} has no ${name} ${version}; it has: ${there}`);
}
