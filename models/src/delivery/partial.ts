import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { diskError, isAbsent } from "./disk-error.ts";

/** A file that grows over attempts and over restarts. What is counted as here was fsynced before it was counted. */
export interface Partial {
  /** Bytes here. */
  readonly bytes: number;
  /** The object that they are of. */
  readonly etag: string | undefined;
  /** Says of which object the next bytes are. */
  of(etag: string): void;
  append(chunk: Uint8Array): Promise<void>;
  /** Counts what is here as safely here. */
  save(): Promise<void>;
  /** Of all bytes here. */
  sha256(): string;
  startAnew(): Promise<void>;
  close(): Promise<void>;
}

/** What a kill costs at most. At 28 KB/s that is nine seconds. */
export const PART_BYTES = 262_144;

const stateSchema = z.strictObject({
  etag: z.string(),
  bytes: z.int().nonnegative(),
  /** Of those bytes: a disk that lost some of them must not be built upon. */
  sha256: z.string(),
});

/** Opens a download where an earlier one, perhaps killed, left it: back to the last bytes known to be safe, hashed again.
 *  @throws ModelError DISK_FULL */
export async function openPartial(file: string): Promise<Partial> {
  const stateFile = `${file}.json`;
  const earlier = await readState(stateFile);
  let { hash, bytes, etag } = await hashEarlier(file, earlier);
  const handle = await onDisk(file, () => openAt(file, bytes));
  let savedBytes = bytes;

  async function save(): Promise<void> {
    if (etag === undefined || bytes === savedBytes) return;
    const state = { etag, bytes, sha256: hash.copy().digest("hex") };
    await onDisk(file, async () => {
      await handle.sync();
      await writeFileAtomic(stateFile, JSON.stringify(state));
    });
    savedBytes = bytes;
  }

  return {
    get bytes() {
      return bytes;
    },
    get etag() {
      return etag;
    },
    of(of) {
      etag = of;
    },
    async append(chunk) {
      await onDisk(file, () => writeAll(handle, chunk, bytes));
      hash.update(chunk);
      bytes += chunk.length;
      if (bytes - savedBytes >= PART_BYTES) await save();
    },
    save,
    sha256: () => hash.copy().digest("hex"),
    async startAnew() {
      await onDisk(file, async () => {
        await rm(stateFile, { force: true });
        await handle.truncate(0);
      });
      [hash, bytes, savedBytes, etag] = [createHash("sha256"), 0, 0, undefined];
    },
    close: () => handle.close(),
  };
}

interface Earlier {
  readonly hash: Hash;
  readonly bytes: number;
  readonly etag: string | undefined;
}

const nothing = (): Earlier => ({ hash: createHash("sha256"), bytes: 0, etag: undefined });

async function readState(file: string): Promise<z.infer<typeof stateSchema> | undefined> {
  try {
    return stateSchema.safeParse(JSON.parse(await readFile(file, "utf8"))).data;
  } catch (thrown) {
    // Half a state is as good as none: it only says where to go on.
    if (isAbsent(thrown) || thrown instanceof SyntaxError) return undefined;
    throw diskError(`${file} cannot be read`, thrown);
  }
}

async function hashEarlier(file: string, state: z.infer<typeof stateSchema> | undefined): Promise<Earlier> {
  if (state === undefined || state.bytes === 0) return nothing();
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file, { end: state.bytes - 1 })) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  } catch (thrown) {
    if (isAbsent(thrown)) return nothing();
    throw diskError(`${file} cannot be read`, thrown);
  }
  const isWhole = bytes === state.bytes && hash.copy().digest("hex") === state.sha256;
  return isWhole ? { hash, bytes, etag: state.etag } : nothing();
}

async function openAt(file: string, bytes: number): Promise<FileHandle> {
  // "a" creates it and leaves what is there; the positions of "r+" are what is written to.
  await (await open(file, "a")).close();
  const handle = await open(file, "r+");
  await handle.truncate(bytes);
  return handle;
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at, position + at);
    at += bytesWritten;
  }
}

async function onDisk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw diskError(`${file} cannot be written`, cause);
  }
}
