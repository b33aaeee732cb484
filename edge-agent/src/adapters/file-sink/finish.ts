import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "./disk.ts";
import { encode } from "./encode.ts";
import { type FileKind, fileNameText } from "./file-name.ts";
import { type OpenPart, partFile } from "./ledger.ts";

export const SUM_ENDING = ".sha256";

/** Makes a part that is ending its finished file, under the same name however often it is tried: first its check sum in the
 *  form of sha256sum(1), then the file itself, whole from its first moment. */
export async function finishPart(
  disk: Disk,
  folder: string,
  part: OpenPart,
  kind: FileKind,
): Promise<string> {
  const name = fileNameText({ ...part, kind });
  const fresh = join(folder, `.${part.stream}.new`);
  const hash = createHash("sha256");
  const source = disk.readChunks(partFile(folder, part), part.bytes);
  await disk.write(fresh, hashed(encode(kind, part.stream, source), hash));
  const sum = Buffer.from(`${hash.digest("hex")}  ${name}\n`, "utf8");
  const freshSum = `${fresh}${SUM_ENDING}`;
  await disk.write(freshSum, [sum]);
  await disk.rename(freshSum, join(folder, `${name}${SUM_ENDING}`));
  await disk.rename(fresh, join(folder, name));
  return name;
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: { update(bytes: Uint8Array): unknown }) {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
