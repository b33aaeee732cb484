import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { MANIFEST_FILE, manifestSchema } from "../package/manifest.ts";
import { isAbsent } from "./disk-error.ts";
import { namesIn } from "./files.ts";
import type { LocalLayout, VersionId } from "./local-layout.ts";

/** Removes every version but these, and all that belongs to none of them. The caller holds the lock of the folder. */
export async function sweep(layout: LocalLayout, keep: readonly VersionId[]): Promise<void> {
  const kept = new Set(keep.map((version) => layout.version(version)));
  for (const folder of await versionFolders(layout)) {
    if (!kept.has(folder)) await rm(folder, { recursive: true, force: true });
  }
  await removeOrphans(layout, new Set());
}

/** Removes files that no version has, and downloads that nobody goes on with.
 *  @param wanted digests that are about to be needed */
export async function removeOrphans(layout: LocalLayout, wanted: ReadonlySet<string>): Promise<void> {
  const needed = new Set(wanted);
  for (const folder of await versionFolders(layout)) {
    for (const sha256 of await digestsOf(folder)) needed.add(sha256);
  }
  await removeUnless(layout.blobs, (name) => needed.has(name));
  await removeUnless(layout.partial, (name) => wanted.has(name.replace(/\.json$/, "")));
  await removeUnless(layout.staging, () => false);
}

async function versionFolders(layout: LocalLayout): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const name of await namesIn(layout.versions)) {
    const versions = await namesIn(join(layout.versions, name));
    folders.push(...versions.map((version) => join(layout.versions, name, version)));
  }
  return folders;
}

/** None where the manifest cannot be read: such a version is fetched anew before anybody uses it. */
async function digestsOf(folder: string): Promise<readonly string[]> {
  try {
    const manifest = manifestSchema.safeParse(
      JSON.parse(await readFile(join(folder, MANIFEST_FILE), "utf8")),
    );
    return manifest.data?.files.map(({ sha256 }) => sha256) ?? [];
  } catch (thrown) {
    if (isAbsent(thrown) || thrown instanceof SyntaxError) return [];
    throw thrown;
  }
}

async function removeUnless(folder: string, isKept: (name: string) => boolean): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!isKept(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
