import { randomUUID } from "node:crypto";
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MANIFEST_FILE } from "../package/manifest.ts";
import { type OpenedPackage, openPackage } from "../package/open-package.ts";
import type { Trust } from "../package/trust.ts";
import type { PublishedManifest } from "../registry/registry.ts";
import { SIGNATURE_FILE } from "../signing/model-signature.ts";
import { diskError } from "./disk-error.ts";
import { syncFolder } from "./files.ts";
import { fileBelow, type LocalLayout } from "./local-layout.ts";

/** Puts a version together aside, checks every byte of it as a whole, and only then gives it its place: there is either
 *  all of it or nothing. The caller holds the lock of the folder.
 *  @throws ModelError as openPackage, and DISK_FULL */
export async function activate(
  { manifest, digest, manifestBytes, signatureBytes }: PublishedManifest,
  layout: LocalLayout,
  trust: Trust,
  signal: AbortSignal,
): Promise<OpenedPackage> {
  const staged = join(layout.staging, randomUUID());
  const place = layout.version({ ...manifest, digest });
  try {
    await onDisk(staged, async () => {
      const folders = new Set([staged]);
      for (const { path, sha256 } of manifest.files) {
        const file = fileBelow(staged, path);
        folders.add(dirname(file));
        await mkdir(dirname(file), { recursive: true });
        await link(layout.blob(sha256), file);
      }
      await writeNew(join(staged, MANIFEST_FILE), manifestBytes);
      await writeNew(join(staged, SIGNATURE_FILE), signatureBytes);
      for (const folder of folders) await syncFolder(folder);
    });
    const opened = await openPackage(staged, trust, signal);
    await onDisk(place, async () => {
      await mkdir(dirname(place), { recursive: true });
      await rm(place, { recursive: true, force: true });
      await rename(staged, place);
      await syncFolder(dirname(place));
    });
    return { ...opened, folder: place };
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

async function writeNew(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, "wx", 0o444);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function onDisk<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw diskError(`${where} cannot be made`, cause);
  }
}
