// A disk that tests can spoil; the files are real.
import { setTimeout as pause } from "node:timers/promises";
import { type Disk, nodeDisk } from "./disk.ts";

/** "late": what is written is there, and said to have failed; "slow": each step takes its time. */
export type DiskState = "fine" | "full" | "late" | "slow" | "forbidden" | "gone";

export interface FaultyDisk extends Disk {
  state: DiskState;
}

const CODES = { full: "ENOSPC", late: "EIO", forbidden: "EACCES", gone: "ENOENT" } as const;
const SLOW_MS = 100;

export function createFaultyDisk(): FaultyDisk {
  const disk: FaultyDisk = { ...nodeDisk, state: "fine", makeFolder, writeAt, write, rename };

  async function through(work: () => Promise<void>): Promise<void> {
    const { state } = disk;
    if (state === "slow") await pause(SLOW_MS);
    if (state !== "fine" && state !== "slow" && state !== "late") throw failure(CODES[state]);
    await work();
    if (state === "late") throw failure(CODES.late);
  }

  function makeFolder(path: string): Promise<void> {
    return through(() => nodeDisk.makeFolder(path));
  }
  async function writeAt(path: string, position: number, bytes: Uint8Array): Promise<void> {
    // A disk that fills up takes a part of it.
    if (disk.state === "full") await nodeDisk.writeAt(path, position, bytes.subarray(0, bytes.length / 2));
    await through(() => nodeDisk.writeAt(path, position, bytes));
  }
  function write(...args: Parameters<Disk["write"]>): Promise<void> {
    return through(() => nodeDisk.write(...args));
  }
  function rename(from: string, to: string): Promise<void> {
    return through(() => nodeDisk.rename(from, to));
  }
  return disk;
}

const failure = (code: string) => Object.assign(new Error(`${code}: as the test wants it`), { code });
