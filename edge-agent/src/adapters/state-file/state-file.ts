import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { EdgeError } from "../../core/errors.ts";
import { createTurns } from "../../lib/in-turn.ts";
import type { StateFile } from "../../ports/state-file.ts";

/** A text in a file of its own. A new text is written beside it, synced, and renamed over it; then the folder is synced,
 *  for the rename is only then on the disk (POSIX fsync(2), rename(2)). Writes wait for each other.
 *
 *  Not the package write-file-atomic: its single write(2) may be short where the disk fills up, which it does not look at,
 *  and half a text would replace the whole one; nor does it sync the folder. */
export function createStateFile(path: string): StateFile {
  // One name, not a new one each time: what a killed process left behind is overwritten.
  const fresh = `${path}.new`;
  const inTurn = createTurns();

  async function replace(text: string): Promise<void> {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeSynced(fresh, text);
      await rename(fresh, path);
      await syncFolder(dirname(path));
    } catch (cause) {
      // What cannot be removed either is overwritten by the next write; the first cause is the one to tell.
      await rm(fresh, { force: true }).catch(() => undefined);
      throw new EdgeError(
        "DISK_FULL",
        `${path} cannot be written; free disk space, and let the agent write there`,
        {
          cause,
        },
      );
    }
  }

  return {
    async read() {
      try {
        return await readFile(path, "utf8");
      } catch (cause) {
        if (isMissing(cause)) return undefined;
        throw new EdgeError("DATA_INVALID", `${path} cannot be read; check its owner and mode`, { cause });
      }
    },
    write: (text) => inTurn(() => replace(text)),
  };
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(text, "utf8");
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
