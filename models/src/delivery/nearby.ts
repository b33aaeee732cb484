import { chmod, copyFile, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { MANIFEST_FILE, parseManifest } from "../package/manifest.ts";
import { sha256OfFile } from "../package/package-folder.ts";
import { isAbsent } from "./disk-error.ts";
import type { WantedBlob } from "./fetch-blob.ts";
import { syncFolder } from "./files.ts";
import { fileBelow, type LocalLayout } from "./local-layout.ts";

/** Takes what is wanted from packages that lie elsewhere on this device, as the one that the agent came with: so much need
 *  not come over the line. A copy is let in by its digest alone, whatever the package says of itself.
 *  @returns what is still missing */
export async function takeNearby(
  wanted: readonly WantedBlob[],
  folders: readonly string[],
  layout: LocalLayout,
  signal: AbortSignal,
): Promise<readonly WantedBlob[]> {
  const places = new Map((await Promise.all(folders.map(filesIn))).flat());
  const missing: WantedBlob[] = [];
  for (const blob of wanted) {
    const place = places.get(blob.sha256);
    if (place === undefined || !(await takeIn(place, blob, layout, signal))) missing.push(blob);
  }
  return missing;
}

/** Digest and place of each file that a package names; none where there is no package to be read. */
async function filesIn(folder: string): Promise<(readonly [string, string])[]> {
  try {
    const { files } = parseManifest(await readFile(join(folder, MANIFEST_FILE)), folder);
    return files.map(({ path, sha256 }) => [sha256, fileBelow(folder, path)] as const);
  } catch (thrown) {
    if (isAbsent(thrown)) return [];
    throw thrown;
  }
}

async function takeIn(
  place: string,
  { sha256 }: WantedBlob,
  layout: LocalLayout,
  signal: AbortSignal,
): Promise<boolean> {
  const copy = join(layout.staging, sha256);
  try {
    await copyFile(place, copy);
    if ((await sha256OfFile(copy, signal)) !== sha256) return false;
    await sync(copy);
    await chmod(copy, 0o444);
    await rename(copy, layout.blob(sha256));
    await syncFolder(layout.blobs);
    return true;
  } catch (thrown) {
    if (isAbsent(thrown)) return false;
    throw thrown;
  } finally {
    await rm(copy, { force: true });
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
