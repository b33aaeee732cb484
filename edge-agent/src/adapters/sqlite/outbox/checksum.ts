import { crc32 } from "node:zlib";

/** Of some bytes and what belongs to them: SQLite itself would not notice a flipped bit. */
export const checksumOf = (bytes: Uint8Array, ...with_: readonly (number | string)[]): number =>
  crc32(bytes, crc32(with_.join("\n")));

export const textChecksum = (...parts: readonly (number | string)[]): number => crc32(parts.join("\n"));
