import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { ModelError } from "../errors.ts";
import { namesIn, sizeOf } from "./files.ts";
import type { LocalLayout } from "./local-layout.ts";
import { removeOrphans } from "./sweep.ts";

export interface SpaceOptions {
  readonly quotaBytes: number;
  /** Free bytes of the disk that a folder is on. */
  readonly freeBytes: (folder: string) => Promise<number>;
}

// Of the disk: what else runs on this device must still be able to write.
const RESERVE_BYTES = 16 * 1024 * 1024;

const MIB = 1024 * 1024;
const inMiB = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

/** Sees to it that there is room for files before the first byte of them is fetched.
 *  @throws ModelError DISK_FULL */
export async function makeRoom(
  missing: readonly { readonly sha256: string; readonly bytes: number }[],
  wanted: ReadonlySet<string>,
  layout: LocalLayout,
  { quotaBytes, freeBytes }: SpaceOptions,
): Promise<void> {
  let needed = 0;
  for (const { sha256, bytes } of missing) {
    needed += Math.max(0, bytes - ((await sizeOf(join(layout.partial, sha256))) ?? 0));
  }
  let used = await usedBytes(layout);
  if (used + needed > quotaBytes) {
    await removeOrphans(layout, wanted);
    used = await usedBytes(layout);
  }
  if (used + needed > quotaBytes) {
    throw new ModelError(
      "DISK_FULL",
      `${layout.root} holds ${inMiB(used)} and would need ${inMiB(needed)} more, which is beyond its quota of ` +
        `${inMiB(quotaBytes)}; raise the quota, or keep fewer versions`,
    );
  }
  const free = await freeBytes(layout.root);
  if (free >= needed + RESERVE_BYTES) return;
  throw new ModelError(
    "DISK_FULL",
    `the disk of ${layout.root} has ${inMiB(free)} free where ${inMiB(needed)} and a reserve of ` +
      `${inMiB(RESERVE_BYTES)} are needed; free some space`,
  );
}

/** Links to blobs take nothing more. */
async function usedBytes(layout: LocalLayout): Promise<number> {
  let used = 0;
  for (const folder of [layout.blobs, layout.partial]) {
    for (const name of await namesIn(folder)) used += (await sizeOf(join(folder, name))) ?? 0;
  }
  return used;
}

export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
