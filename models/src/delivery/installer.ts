import { mkdir } from "node:fs/promises";
import { ModelError } from "../errors.ts";
import { type OpenedPackage, openPackage } from "../package/open-package.ts";
import { createBandwidth } from "./bandwidth.ts";
import { diskError } from "./disk-error.ts";
import { fetchVersion } from "./fetch-version.ts";
import { sizeOf } from "./files.ts";
import { withFolderLock } from "./folder-lock.ts";
import type { Installer, InstallerDeps, InstallerOptions } from "./installer-types.ts";
import { type LocalLayout, localLayout, type VersionId } from "./local-layout.ts";
import { createDownloadMemory } from "./memory.ts";
import { createOffers } from "./offers.ts";
import { freeBytesOf } from "./space.ts";
import { sweep } from "./sweep.ts";

// A whole model at 28 KB/s takes seven minutes (11.4 MB); another process may be at two of them.
const LONGEST_LOCK_WAIT_MS = 20 * 60_000;

/** @throws ModelError DISK_FULL where the folder cannot be made */
export async function createInstaller(options: InstallerOptions, deps: InstallerDeps): Promise<Installer> {
  const { trust, pointerTrust = trust, bytesPerSecond } = options;
  const { clock, registry } = deps;
  const layout = localLayout(options.folder);
  await makeFolders(layout);
  const memory = createDownloadMemory(layout.memory);
  const offers = createOffers({ ...deps, registry, trust, pointerTrust, memory });
  const bandwidth = createBandwidth(bytesPerSecond, clock);
  const { freeBytes = freeBytesOf } = deps;

  async function installed(version: VersionId, signal: AbortSignal): Promise<OpenedPackage> {
    const folder = layout.version(version);
    if ((await sizeOf(folder)) === undefined) {
      throw new ModelError("MODEL_MISSING", `${title(version)} is not in ${layout.root}; install it again`);
    }
    const opened = await openPackage(folder, trust, signal);
    if (opened.digest === version.digest) return opened;
    throw new ModelError(
      "MODEL_TAMPERED",
      `${folder} holds another version than ${title(version)}; install it again`,
    );
  }

  const locked = <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> =>
    withFolderLock(layout.lock, LONGEST_LOCK_WAIT_MS, clock, work, signal);

  return {
    offered: offers.offered,
    installed,
    async install(version, onProgress, signal) {
      const here = await usable(() => installed(version, signal));
      if (here !== undefined) return here;
      return locked(async () => {
        // Another process may have been faster.
        const meanwhile = await usable(() => installed(version, signal));
        if (meanwhile !== undefined) return meanwhile;
        if (registry === undefined) {
          throw new ModelError(
            "MODEL_MISSING",
            `${title(version)} is not in ${layout.root}, and no registry is configured`,
          );
        }
        const fetchDeps = { ...deps, registry, trust, layout, bandwidth, freeBytes };
        return await fetchVersion(version, options, fetchDeps, onProgress, signal);
      }, signal);
    },
    keepOnly: (versions, signal) => locked(() => sweep(layout, versions), signal),
    committed: ({ name, sequence }) => memory.committed(name, sequence),
  };
}

const title = ({ name, version }: VersionId): string => `${name} ${version}`;

/** Undefined for whatever a fresh download mends. */
async function usable(open: () => Promise<OpenedPackage>): Promise<OpenedPackage | undefined> {
  try {
    return await open();
  } catch (thrown) {
    if (thrown instanceof ModelError && MENDED_BY_FETCHING.has(thrown.code)) return undefined;
    throw thrown;
  }
}

const MENDED_BY_FETCHING = new Set<string>([
  "MODEL_CONTRACT",
  "MODEL_MISSING",
  "MODEL_TAMPERED",
  "MODEL_UNSIGNED",
]);

async function makeFolders(layout: LocalLayout): Promise<void> {
  try {
    for (const folder of [layout.blobs, layout.partial, layout.versions, layout.staging]) {
      await mkdir(folder, { recursive: true });
    }
  } catch (cause) {
    throw diskError(`${layout.root} cannot be made`, cause);
  }
}
