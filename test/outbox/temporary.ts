import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";

/** A folder that is gone afterwards, whatever happens. */
export const inFolder = <T>(work: (folder: string) => Promise<T>): Promise<T> => within(tmpdir(), work);

/** The same in memory where the machine has such a place: what is opened a hundred times there waits for no disk, and
 *  what its flushes are worth is for the recorder to say. */
export const inMemory = <T>(work: (folder: string) => Promise<T>): Promise<T> =>
  within(hasMemory() ? MEMORY : tmpdir(), work);

async function within<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, "stethos-proof-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function hasMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK);
    return true;
  } catch {
    // Not on this system: the disk does as well.
    return false;
  }
}
