import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ModelError } from "../errors.ts";

export interface FolderEntry {
  /** Relative, "/" between. */
  readonly path: string;
  readonly kind: "file" | "other";
  readonly bytes: number;
}

// The format allows 256 files; whoever puts more into a package has put something else there.
const MOST_ENTRIES = 1024;

/** All that lies in a package's folder, links and devices included, folders not.
 *  @throws ModelError MODEL_MISSING, MODEL_CONTRACT */
export async function listFolder(folder: string): Promise<readonly FolderEntry[]> {
  const entries: FolderEntry[] = [];
  const waiting = [""];
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    for (const entry of await namesOf(folder, below)) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) waiting.push(path);
      else
        entries.push({
          path,
          kind: entry.isFile() ? "file" : "other",
          bytes: await sizeOf(join(folder, path)),
        });
      if (entries.length + waiting.length > MOST_ENTRIES) throw tooMany(folder);
    }
  }
  return entries;
}

async function namesOf(folder: string, below: string) {
  try {
    return await readdir(join(folder, below), { withFileTypes: true });
  } catch (cause) {
    throw missing(folder, cause);
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await lstat(file)).size;
  } catch (cause) {
    throw missing(file, cause);
  }
}

/** @returns undefined where there is no such file
 *  @throws ModelError MODEL_MISSING where it cannot be read */
export async function readOptional(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw missing(file, cause);
  }
}

/** @throws ModelError MODEL_MISSING */
export async function sha256OfFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file, { signal })) hash.update(chunk as Buffer);
  } catch (cause) {
    signal.throwIfAborted();
    throw missing(file, cause);
  }
  return hash.digest("hex");
}

export const sha256OfBytes = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const missing = (what: string, cause: unknown): ModelError => {
  const code = cause instanceof Error && "code" in cause ? `${cause.code}` : "unknown reason";
  return new ModelError(
    "MODEL_MISSING",
    `${what} cannot be read (${code}); name the folder of a model package`,
    {
      cause,
    },
  );
};

const tooMany = (folder: string): ModelError =>
  new ModelError(
    "MODEL_CONTRACT",
    `${folder} holds more than ${MOST_ENTRIES} files; name the folder of one model package`,
  );
