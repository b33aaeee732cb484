import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const TWIN = fileURLToPath(new URL("../../web-twin/", import.meta.url));
// Not the shipped build: a minifier merges statements, and then coverage cannot tell which of them ran.
const PAGE_FOLDER = fileURLToPath(new URL("../../.cache/twin-page", import.meta.url));

async function newest(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const times = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs);
  return Math.max(0, ...(await Promise.all(times)));
}

async function builtAt(): Promise<number> {
  try {
    return (await stat(join(PAGE_FOLDER, "index.html"))).mtimeMs;
  } catch {
    // Not built yet.
    return 0;
  }
}

/** Builds the page for the tests unless it is newer than its sources.
 *  @returns its folder */
export async function builtPage(): Promise<string> {
  const sources = Math.max(await newest(join(TWIN, "src")), (await stat(join(TWIN, "index.html"))).mtimeMs);
  if ((await builtAt()) < sources) {
    await promisify(execFile)(process.execPath, [join(TWIN, "build.ts"), "--plain", "--out", PAGE_FOLDER]);
  }
  return PAGE_FOLDER;
}
