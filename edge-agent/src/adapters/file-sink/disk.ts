import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SinkError, type SinkFault } from "../../ports/sink.ts";

/** What the sink does to files; tests give it one that fails. All of it is on the disk when it resolves. */
export interface Disk {
  /** Makes the folder, not what it is in. */
  makeFolder(path: string): Promise<void>;
  /** Writes behind the first `position` bytes; what stood there is gone. */
  writeAt(path: string, position: number, bytes: Uint8Array): Promise<void>;
  /** A new file; one of this name is overwritten. */
  write(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Undefined where there is none. */
  readText(path: string): Promise<string | undefined>;
  /** -1 where there is none. */
  lengthOf(path: string): Promise<number>;
  /** The first `length` bytes, in pieces. */
  readChunks(path: string, length: number): AsyncGenerator<Uint8Array>;
  list(folder: string): Promise<readonly { readonly file: string; readonly bytes: number }[]>;
}

const CHUNK_BYTES = 2 ** 20;

export const nodeDisk: Disk = {
  async makeFolder(path) {
    await mkdir(path).catch((thrown: unknown) => {
      if (codeOf(thrown) !== "EEXIST") throw thrown;
    });
  },
  async writeAt(path, position, bytes) {
    await using file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o640);
    await file.truncate(position);
    await writeAll(file, position, bytes);
    await file.sync();
    // A file that is new is only there once its folder is on the disk (fsync(2)).
    if (position === 0) await syncFolder(path);
  },
  async write(path, chunks) {
    await using file = await open(path, "w", 0o640);
    let position = 0;
    for await (const bytes of chunks) {
      await writeAll(file, position, bytes);
      position += bytes.byteLength;
    }
    await file.sync();
  },
  async rename(from, to) {
    await rename(from, to);
    await syncFolder(to);
  },
  async remove(path) {
    await rm(path, { force: true });
  },
  async readText(path) {
    return readFile(path, "utf8").catch((thrown: unknown) => {
      if (codeOf(thrown) === "ENOENT") return undefined;
      throw thrown;
    });
  },
  async lengthOf(path) {
    return stat(path).then(
      ({ size }) => size,
      (thrown: unknown) => {
        if (codeOf(thrown) === "ENOENT") return -1;
        throw thrown;
      },
    );
  },
  async *readChunks(path, length) {
    await using file = await open(path, "r");
    for (let at = 0; at < length; ) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, length - at));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw new Error(`${path} ends after ${at} of ${length} bytes`);
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  },
  async list(folder) {
    const files = await readdir(folder);
    const sizes = await Promise.all(files.map((file) => nodeDisk.lengthOf(join(folder, file))));
    return files.map((file, i) => ({ file, bytes: Math.max(0, sizes[i] ?? 0) }));
  },
};

/** A write(2) may be short where the disk fills up. */
async function writeAll(file: FileHandle, position: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.byteLength - at, position + at);
    at += bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(dirname(path), "r");
  await folder.sync();
}

const FAULTS: ReadonlyMap<string, readonly [SinkFault, string]> = new Map([
  ["ENOSPC", ["busy", "the disk is full"]],
  ["EDQUOT", ["busy", "the quota of the disk is used up"]],
  ["EACCES", ["denied", "the agent may not write there"]],
  ["EPERM", ["denied", "the agent may not write there"]],
  ["EROFS", ["denied", "it can only be read"]],
  ["ENOENT", ["unreachable", "it is not there: is the disk mounted?"]],
  ["ENOTDIR", ["unreachable", "it is no folder"]],
  ["EIO", ["failed", "the disk reports an error"]],
]);

/** What the file system failed with. */
export function diskError(thrown: unknown, folder: string): SinkError {
  if (thrown instanceof SinkError) return thrown;
  const [fault, meaning] = FAULTS.get(codeOf(thrown)) ?? ["failed", "it cannot be written"];
  return new SinkError(fault, `${folder}: ${meaning} (${codeOf(thrown)})`, { cause: thrown });
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return "code" in thrown && typeof thrown.code === "string" ? thrown.code : thrown.message;
}
