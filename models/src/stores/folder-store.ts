import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { syncFolder } from "../delivery/files.ts";
import { withFolderLock } from "../delivery/folder-lock.ts";
import { ModelError } from "../errors.ts";
import type { ListedObject, ObjectHead, ObjectStore, PutCondition } from "../registry/object-store.ts";
import { chunksOf, codeOf, folderError, headOf, openFile } from "./folder-file.ts";

/** Below the root, beside the keys: what is being written, and the lock. No key begins with a dot. */
const OWN = ".stethos";
const LONGEST_LOCK_WAIT_MS = 30_000;

/** A registry in a folder: each object a file under its key, written aside and renamed, so that a reader sees all of it
 *  or nothing. The folder may be shared by processes; the lock between them is the operating system's. */
export function createFolderStore(folder: string, clock: Clock): ObjectStore {
  const root = resolve(folder);
  const name = `folder ${root}`;
  const own = join(root, OWN);
  const fileOf = (key: string): string => join(root, ...checkedKey(key).split("/"));

  async function head(key: string, signal: AbortSignal): Promise<ObjectHead | undefined> {
    const handle = await openFile(fileOf(key), name);
    if (handle === undefined) return undefined;
    try {
      return await headOf(handle, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      throw folderError(name, `${key} cannot be read`, thrown);
    } finally {
      await handle.close();
    }
  }

  async function put(key: string, body: Uint8Array, condition: PutCondition, signal: AbortSignal) {
    const file = fileOf(key);
    signal.throwIfAborted();
    // Most losers of a race are told without waiting for the lock.
    if (!(await holds(condition, key, signal))) return "conflict";
    try {
      const aside = await writeAside(own, body);
      try {
        await mkdir(dirname(file), { recursive: true });
        return await moveIn(aside, file, key, condition, signal);
      } finally {
        await rm(aside, { force: true });
      }
    } catch (thrown) {
      signal.throwIfAborted();
      throw folderError(name, `${key} cannot be written`, thrown);
    }
  }

  async function moveIn(
    aside: string,
    file: string,
    key: string,
    condition: PutCondition,
    signal: AbortSignal,
  ) {
    if (condition === "none") {
      await rename(aside, file);
    } else if (!(await withLock(() => replaceIf(aside, file, key, condition, signal), signal))) {
      return "conflict";
    }
    await syncFolder(dirname(file));
    return "written";
  }

  async function replaceIf(
    aside: string,
    file: string,
    key: string,
    condition: PutCondition,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!(await holds(condition, key, signal))) return false;
    if (typeof condition === "object" && "ifAbsent" in condition) return await linkInto(aside, file);
    await rename(aside, file);
    return true;
  }

  async function holds(condition: PutCondition, key: string, signal: AbortSignal): Promise<boolean> {
    if (condition === "none") return true;
    const there = await head(key, signal);
    return "ifAbsent" in condition ? there === undefined : there?.etag === condition.ifMatch;
  }

  // Writers of this process wait for one another here, without polling the lock.
  let turn: Promise<unknown> = Promise.resolve();
  function withLock<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const locked = () => withFolderLock(join(own, "lock.sqlite"), LONGEST_LOCK_WAIT_MS, clock, work, signal);
    const mine = turn.then(locked);
    turn = mine.catch(() => undefined);
    return mine;
  }

  return {
    name,
    // A lock, and a link that fails where there is something: one step, whoever else writes.
    conditions: async () => ({ ifAbsent: true, ifMatch: true }),
    head,
    async get(key, { from = 0, ifMatch }, signal) {
      const handle = await openFile(fileOf(key), name);
      if (handle === undefined) return undefined;
      try {
        const found = await headOf(handle, signal);
        if (ifMatch !== undefined && found.etag !== ifMatch) {
          await handle.close();
          return "changed";
        }
        return { ...found, chunks: closing(handle, from, name, key, signal) };
      } catch (thrown) {
        await handle.close();
        signal.throwIfAborted();
        throw folderError(name, `${key} cannot be read`, thrown);
      }
    },
    put,
    list: (prefix, signal) => listBelow(root, prefix, head, name, signal),
    async delete(key, signal) {
      signal.throwIfAborted();
      try {
        await rm(fileOf(key), { force: true });
      } catch (cause) {
        throw folderError(name, `${key} cannot be deleted`, cause);
      }
    },
  };
}

/** Content and folder on the disk before anybody can see it. */
async function writeAside(own: string, body: Uint8Array): Promise<string> {
  await mkdir(own, { recursive: true });
  const aside = join(own, `${randomUUID()}.part`);
  const handle = await open(aside, "wx");
  try {
    await handle.writeFile(body);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return aside;
}

// Where there are no hard links (FAT, some network shares) the lock alone has to do.
const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
]);

async function linkInto(aside: string, file: string): Promise<boolean> {
  try {
    await link(aside, file);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    if (!NO_LINKS.has(codeOf(thrown))) throw thrown;
    await rename(aside, file);
    return true;
  }
}

async function* closing(
  handle: FileHandle,
  from: number,
  name: string,
  key: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunksOf(handle, from, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    throw folderError(name, `${key} cannot be read`, thrown);
  } finally {
    await handle.close();
  }
}

async function* listBelow(
  root: string,
  prefix: string,
  head: (key: string, signal: AbortSignal) => Promise<ObjectHead | undefined>,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<ListedObject> {
  // The prefix may end within a name; whole folders of it can be gone down at once.
  const waiting = [prefix.slice(0, prefix.lastIndexOf("/") + 1)];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of await entriesOf(join(root, folder), name)) {
      const key = `${folder}${entry.name}`;
      if (entry.isDirectory()) {
        if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) waiting.push(`${key}/`);
      } else if (entry.isFile() && key.startsWith(prefix)) {
        const found = await head(key, signal);
        if (found !== undefined) yield { key, ...found };
      }
    }
  }
}

async function entriesOf(folder: string, name: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.name.startsWith("."));
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return [];
    throw folderError(name, `${folder} cannot be listed`, thrown);
  }
}

/** A key stays below the root, whoever made it up. */
function checkedKey(key: string): string {
  const isSafe = key.split("/").every((part) => /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/.test(part));
  if (isSafe) return key;
  throw new ModelError("USAGE", `"${key}" cannot be a key of a registry: letters, digits, "._+-" and "/"`);
}
