import { rm } from "node:fs/promises";
import type { Clock } from "@stethos/protocol-finger/clock";
import { gte } from "semver";
import { ModelError } from "../errors.ts";
import type { Manifest } from "../package/manifest.ts";
import type { OpenedPackage } from "../package/open-package.ts";
import { sha256OfFile } from "../package/package-folder.ts";
import type { Trust } from "../package/trust.ts";
import { blobKey } from "../registry/layout.ts";
import type { OnProgress, PublishedManifest, Registry } from "../registry/registry.ts";
import { activate } from "./activate.ts";
import { withAttempts } from "./attempts.ts";
import type { Bandwidth } from "./bandwidth.ts";
import { fetchBlob, type WantedBlob } from "./fetch-blob.ts";
import { sizeOf } from "./files.ts";
import type { InstallableVersion, InstallerLogger, InstallerOptions } from "./installer-types.ts";
import type { LocalLayout } from "./local-layout.ts";
import { takeNearby } from "./nearby.ts";
import { makeRoom } from "./space.ts";

export interface FetchVersionDeps {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger?: InstallerLogger;
  readonly trust: Trust;
  readonly layout: LocalLayout;
  readonly bandwidth: Bandwidth;
  readonly freeBytes: (folder: string) => Promise<number>;
}

// Longer than a busy server takes to begin, shorter than anybody's patience.
const IDLE_MS = 60_000;

/** Manifest, room, the files that are not here, and the package as a whole. The caller holds the lock of the folder. */
export async function fetchVersion(
  version: InstallableVersion,
  { quotaBytes, agentVersion, nearby = [] }: InstallerOptions,
  deps: FetchVersionDeps,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<OpenedPackage> {
  const { registry, trust, layout, clock, random, logger, bandwidth, freeBytes } = deps;
  const attempts = {
    clock,
    random,
    onFailure: (error: ModelError, waitMs: number) =>
      logger?.warn(
        { code: error.code, err: error.message, waitMs: Math.round(waitMs) },
        "the download failed; again soon",
      ),
  };
  const published = await withAttempts(
    () => registry.version(version.name, version.version, trust, signal),
    () => 0,
    attempts,
    signal,
  );
  checkVersion(published, version, registry);
  if (agentVersion !== undefined) checkAgent(published.manifest, agentVersion);

  const blobs = blobsOf(published.manifest);
  const absent = await missingOf(blobs, layout, signal);
  await makeRoom(absent, new Set(blobs.map(({ sha256 }) => sha256)), layout, { quotaBytes, freeBytes });
  const missing = await takeNearby(absent, nearby, layout, signal);
  const total = sum(blobs);
  let here = total - sum(missing);
  logger?.info({ version: version.version, bytes: total - here, total }, "fetching a model");
  const blobDeps = { ...attempts, store: registry.store, bandwidth, layout, idleMs: IDLE_MS };
  for (const blob of missing) {
    const before = here;
    const onBytes = (bytes: number) => onProgress({ bytes: before + bytes, total, what: blob.path });
    await fetchBlob(blob, blobDeps, onBytes, signal);
    here = before + blob.bytes;
  }
  onProgress({ bytes: total, total, what: "checking" });
  return await activate(published, layout, trust, signal);
}

function checkVersion(
  { manifest, digest }: PublishedManifest,
  wanted: InstallableVersion,
  { store }: Registry,
): void {
  const isThat =
    digest === wanted.digest && manifest.name === wanted.name && manifest.sequence === wanted.sequence;
  if (isThat) return;
  throw new ModelError(
    "MODEL_TAMPERED",
    `${store.name} has another ${wanted.name} ${wanted.version} than was offered (manifest ${digest}, sequence ` +
      `${manifest.sequence}; wanted ${wanted.digest}, ${wanted.sequence}); it was not fetched`,
  );
}

function checkAgent(manifest: Manifest, agentVersion: string): void {
  const { minAgentVersion: least } = manifest;
  if (gte(agentVersion, least)) return;
  throw new ModelError(
    "MODEL_CONTRACT",
    `${manifest.name} ${manifest.version} asks for agent ${least} or newer, this is ${agentVersion}; update the agent first`,
  );
}

/** Each content once, small ones first: what is wrong with them shows before the long wait. */
function blobsOf(manifest: Manifest): readonly WantedBlob[] {
  const bySha = new Map(
    manifest.files.map(({ path, sha256, bytes }) => [sha256, { path, sha256, bytes, key: blobKey(sha256) }]),
  );
  return [...bySha.values()].sort((a, b) => a.bytes - b.bytes);
}

async function missingOf(
  blobs: readonly WantedBlob[],
  layout: LocalLayout,
  signal: AbortSignal,
): Promise<readonly WantedBlob[]> {
  const missing: WantedBlob[] = [];
  for (const blob of blobs) {
    const file = layout.blob(blob.sha256);
    const size = await sizeOf(file);
    if (size === blob.bytes && (await sha256OfFile(file, signal)) === blob.sha256) continue;
    // What went bad on the disk is fetched again.
    if (size !== undefined) await rm(file, { force: true });
    missing.push(blob);
  }
  return missing;
}

const sum = (blobs: readonly WantedBlob[]): number => blobs.reduce((total, { bytes }) => total + bytes, 0);
