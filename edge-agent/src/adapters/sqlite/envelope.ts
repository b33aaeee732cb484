import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import { createByteReader, createByteWriter } from "../../core/byte-codec.ts";

/** Below this compression cannot win back its own header. */
const WORTH_BYTES = 48;

/** Level 1: the chunks are already arranged so that more effort finds little more (README, Limits).
 *  A window of 8 KiB costs less to set up than the usual 32 KiB, and a chunk is seldom larger. */
const COMPRESSION = { level: 1, windowBits: 13, memLevel: 6 } as const;

/** A blob with a checksum: SQLite itself would not notice a flipped bit inside one. */
export function seal(content: Uint8Array, isCompressed: boolean): Uint8Array {
  const out = createByteWriter(content.length + 16);
  const squeezed =
    isCompressed && content.length >= WORTH_BYTES ? deflateRawSync(content, COMPRESSION) : undefined;
  if (squeezed !== undefined && squeezed.length < content.length) {
    out.unsigned(content.length);
    out.bytes(squeezed);
  } else {
    out.unsigned(0);
    out.bytes(content);
  }
  const check = new Uint8Array(4);
  new DataView(check.buffer).setUint32(0, crc32(out.view()));
  out.bytes(check);
  return out.view();
}

/** The content of a sealed blob, or undefined where it is damaged. */
export function unseal(blob: Uint8Array): Uint8Array | undefined {
  const end = blob.length - 4;
  if (end < 1) return undefined;
  const body = blob.subarray(0, end);
  if (crc32(body) !== new DataView(blob.buffer, blob.byteOffset + end, 4).getUint32(0)) return undefined;
  const source = createByteReader(body);
  const length = source.unsigned();
  const content = source.bytes(source.left);
  if (length === 0) return content;
  const inflated = inflateRawSync(content, { maxOutputLength: length });
  // A Buffer's slice() would be a view where a Uint8Array's is a copy.
  return new Uint8Array(inflated.buffer, inflated.byteOffset, inflated.length);
}
