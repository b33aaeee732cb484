import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const LOOK_MS = 500;

/** Does the work while no other process does work under the same file. A holder that was killed holds no longer. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  while (!(await isTaken(file))) {
    if (!isAlive(await holderOf(file))) await rm(file, { force: true });
    else await pause(LOOK_MS);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

const isTaken = (file: string): Promise<boolean> =>
  writeFile(file, String(process.pid), { flag: "wx" }).then(
    () => true,
    () => false,
  );

/** @returns a process, or undefined where the lock is gone or not written yet */
async function holderOf(file: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function isAlive(process_: number | undefined): boolean {
  // Somebody is about to write his name, or has just let go: look again.
  if (process_ === undefined) return true;
  try {
    process.kill(process_, 0);
    return true;
  } catch {
    // No such process: that is the answer.
    return false;
  }
}
