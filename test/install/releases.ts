import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
export const installFolder = join(root, "edge-agent/install");
const cache = join(root, ".cache/install-test");

/** A release of this checkout. Its packages come from npm once for each package-lock.json, and are kept. */
export async function makeRelease(folder: string): Promise<string> {
  const lock = await readFile(join(root, "package-lock.json"));
  const kept = join(cache, createHash("sha256").update(lock).digest("hex").slice(0, 16));
  if (!existsSync(kept)) {
    await rm(cache, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await bundle(kept);
  }
  const release = join(folder, "release");
  await bundle("--packages", kept, release);
  return release;
}

/** The page is built elsewhere, and takes long. */
async function bundle(...args: readonly string[]): Promise<void> {
  const node = dirname(dirname(process.execPath));
  await run("sh", [join(installFolder, "bundle.sh"), "--node", node, "--without-page", ...args]);
}

/** The same release under another version, with other files; those that it has in common are on the disk once.
 *  @param files texts by path */
export async function makeVariant(
  release: string,
  version: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const variant = join(dirname(release), version);
  await run("cp", ["-al", release, variant]);
  const manifest = JSON.parse(await readFile(join(release, "edge-agent/package.json"), "utf8")) as object;
  const all = {
    "edge-agent/package.json": `${JSON.stringify({ ...manifest, version }, undefined, 2)}\n`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) await replace(join(variant, path), text);
  for (const path of ["RELEASE", "MANIFEST.sha256"])
    await replace(join(variant, path), await readFile(join(release, path), "utf8"));
  await run("sh", [join(installFolder, "bundle.sh"), "--seal", variant]);
  return variant;
}

/** A new file in the place of one that is shared. */
async function replace(path: string, text: string): Promise<void> {
  await rm(path);
  await writeFile(path, text, { mode: 0o755 });
}
