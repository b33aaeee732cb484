import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { ModelError } from "../errors.ts";
import type { ObjectHead } from "../registry/object-store.ts";

const CHUNK_BYTES = 256 << 10;

/** A file that is read as it was when it was opened: a rename over it changes nothing here.
 *  @returns undefined where there is no such file */
export async function openFile(file: string, name: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, "r");
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return undefined;
    throw folderError(name, `${file} cannot be read`, thrown);
  }
}

/** The tag is the digest of the bytes: two files with one tag are one content. */
export async function headOf(handle: FileHandle, signal: AbortSignal): Promise<ObjectHead> {
  const { size, mtimeMs } = await handle.stat();
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunksOf(handle, 0, signal)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  if (bytes !== size) throw new Error(`the file has ${bytes} bytes where ${size} were expected`);
  return { etag: hash.digest("hex"), bytes, modifiedMs: Math.floor(mtimeMs) };
}

export async function* chunksOf(
  handle: FileHandle,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let at = from; ; ) {
    signal.throwIfAborted();
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

export const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && "code" in thrown ? String(thrown.code) : undefined;

/** What the disk's answer means for a registry. */
export function folderError(name: string, what: string, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause;
  const code = codeOf(cause);
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new ModelError(
        "DISK_FULL",
        `${name}: ${what}: the disk or its quota is full; make room (gc) and repeat`,
        {
          cause,
        },
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new ModelError(
        "REGISTRY_REFUSED",
        `${name}: ${what} (${code}); let this user read the folder, and write to it where it is to push`,
        { cause },
      );
    default:
      return new ModelError(
        "REGISTRY_UNREACHABLE",
        `${name}: ${what} (${code ?? "unknown reason"}); check that the disk is mounted and healthy`,
        { cause },
      );
  }
}
