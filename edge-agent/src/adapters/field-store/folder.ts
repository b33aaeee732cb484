import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { EdgeError } from "../../core/errors.ts";
import type { Label } from "../../core/label.ts";
import type { FieldFrame } from "../../ports/field-store.ts";
import { decodeFrame, decodeHead, MOST_HEAD_BYTES } from "./frame-file.ts";
import type { Entry } from "./frame-index.ts";
import { labelsText, parseLabels } from "./label-file.ts";

const FRAME = /^[0-9a-f]{40}\.frame$/;
const MOST_QUARANTINED = 16;

/** The files: `frames/<key>.frame`, `labels/<key>.json`, and `quarantine/` for what cannot be read. */
export interface FrameFolder {
  /** Everything that can be read; the rest goes to quarantine. */
  scan(): Promise<readonly Entry[]>;
  /** @throws EdgeError DATA_INVALID when the file is not as it was written */
  read(key: string): Promise<FieldFrame | undefined>;
  writeFrame(key: string, bytes: Buffer): Promise<void>;
  writeLabels(key: string, labels: readonly Label[]): Promise<void>;
  remove(key: string): Promise<void>;
  quarantine(key: string): Promise<void>;
}

/** Ids may hold anything; file names may not. */
export const keyOf = (id: string): string => createHash("sha256").update(id).digest("hex").slice(0, 40);

/** @param onCorrupt told of each file that had to be put aside */
export async function openFrameFolder(
  folder: string,
  onCorrupt: (file: string, thrown: unknown) => void,
): Promise<FrameFolder> {
  const frames = join(folder, "frames");
  const labels = join(folder, "labels");
  const aside = join(folder, "quarantine");
  const frameFile = (key: string) => join(frames, `${key}.frame`);
  const labelFile = (key: string) => join(labels, `${key}.json`);
  await orDiskError(async () => {
    for (const each of [frames, labels, aside]) await mkdir(each, { recursive: true });
  });

  async function putAside(from: string, name: string, thrown: unknown): Promise<void> {
    onCorrupt(from, thrown);
    await rename(from, join(aside, name));
    const names = await readdir(aside);
    const aged = await Promise.all(
      names.map(async (each) => ({ each, ms: (await stat(join(aside, each))).mtimeMs })),
    );
    aged.sort((one, other) => other.ms - one.ms);
    for (const { each } of aged.slice(MOST_QUARANTINED)) await rm(join(aside, each));
  }

  async function labelsOf(key: string): Promise<readonly Label[]> {
    const text = await orMissing(readFile(labelFile(key), "utf8"));
    if (text === undefined) return [];
    try {
      return parseLabels(text);
    } catch (thrown) {
      await putAside(labelFile(key), `${key}.json`, thrown);
      return [];
    }
  }

  async function entryOf(key: string): Promise<Entry | undefined> {
    try {
      const { start, size } = await startOf(frameFile(key));
      const { samples: _, healthyFrame: __, ...head } = decodeHead(start, size);
      if (keyOf(head.id) !== key) throw new EdgeError("DATA_INVALID", `it belongs to frame ${head.id}`);
      return { key, head, bytes: size, labels: await labelsOf(key) };
    } catch (thrown) {
      if (!(thrown instanceof EdgeError)) throw thrown;
      await putAside(frameFile(key), `${key}.frame`, thrown);
      return undefined;
    }
  }

  return {
    async scan() {
      const found: Entry[] = [];
      for (const name of await readdir(frames)) {
        if (!FRAME.test(name)) {
          // What a write left behind that was cut off.
          await rm(join(frames, name), { force: true, recursive: true });
          continue;
        }
        const entry = await entryOf(name.slice(0, -".frame".length));
        if (entry !== undefined) found.push(entry);
      }
      const keys = new Set(found.map((entry) => `${entry.key}.json`));
      for (const name of await readdir(labels)) if (!keys.has(name)) await rm(join(labels, name));
      return found;
    },
    async read(key) {
      const bytes = await orMissing(readFile(frameFile(key)));
      return bytes === undefined ? undefined : decodeFrame(bytes);
    },
    // A frame that a power cut has torn is recognised by its size; it is not worth a flush of the disk.
    writeFrame: (key, bytes) => orDiskError(() => writeFileAtomic(frameFile(key), bytes, { fsync: false })),
    writeLabels: (key, all) => orDiskError(() => writeFileAtomic(labelFile(key), labelsText(all))),
    async remove(key) {
      await rm(frameFile(key), { force: true });
      await rm(labelFile(key), { force: true });
    },
    async quarantine(key) {
      await putAside(frameFile(key), `${key}.frame`, new EdgeError("DATA_INVALID", "its bytes have changed"));
      await rm(labelFile(key), { force: true });
    },
  };
}

async function startOf(file: string): Promise<{ readonly start: Buffer; readonly size: number }> {
  const handle = await open(file);
  try {
    const start = Buffer.alloc(MOST_HEAD_BYTES + 8);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    return { start: start.subarray(0, bytesRead), size: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}

async function orMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

async function orDiskError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = codeOf(cause);
    if (code === undefined) throw cause;
    const why = code === "ENOSPC" || code === "EDQUOT" ? "the disk is full: free some space" : `${code}`;
    throw new EdgeError("DISK_FULL", `field frames cannot be written: ${why}`, { cause });
  }
}

const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
