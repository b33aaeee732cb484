import { WireError } from "./wire-error.ts";

/** Reads bytes front to back and never beyond their end: each read either has all its bytes or throws a WireError
 *  that names the offset. */
export interface Cursor {
  readonly at: number;
  readonly left: number;
  u8(what: string): number;
  u16(what: string): number;
  u32(what: string): number;
  /** Little-endian. */
  u16le(what: string): number;
  u32le(what: string): number;
  /** A view of the next `count` bytes, not a copy. */
  bytes(count: number, what: string): Buffer;
  /** ISO 8859-1, `count` bytes, without the blanks and zeros at its end. */
  text(count: number, what: string): string;
  /** Everything that is left, as a view. */
  rest(): Buffer;
  skip(count: number, what: string): void;
  /** Go to an absolute offset. */
  seek(at: number, what: string): void;
  /** @throws WireError at the present offset */
  fail(what: string): never;
}

export function createCursor(bytes: Buffer, from = 0): Cursor {
  let at = from;

  function take(count: number, what: string): number {
    if (!Number.isInteger(count) || count < 0) throw new WireError(at, `${what} has a length of ${count}`);
    if (at + count > bytes.length) {
      throw new WireError(at, `${what} needs ${count} bytes and ${Math.max(0, bytes.length - at)} are left`);
    }
    const start = at;
    at += count;
    return start;
  }

  function seek(to: number, what: string): void {
    if (!Number.isInteger(to) || to < 0 || to > bytes.length) {
      throw new WireError(at, `${what} lies at ${to}, beyond the ${bytes.length} bytes`);
    }
    at = to;
  }

  return {
    get at() {
      return at;
    },
    get left() {
      return bytes.length - at;
    },
    u8: (what) => bytes.readUInt8(take(1, what)),
    u16: (what) => bytes.readUInt16BE(take(2, what)),
    u32: (what) => bytes.readUInt32BE(take(4, what)),
    u16le: (what) => bytes.readUInt16LE(take(2, what)),
    u32le: (what) => bytes.readUInt32LE(take(4, what)),
    bytes(count, what) {
      const start = take(count, what);
      return bytes.subarray(start, start + count);
    },
    text(count, what) {
      const start = take(count, what);
      return plainText(bytes.subarray(start, start + count));
    },
    rest() {
      const start = take(bytes.length - at, "the rest");
      return bytes.subarray(start);
    },
    skip: (count, what) => void take(count, what),
    seek,
    fail(what): never {
      throw new WireError(at, what);
    },
  };
}

/** ISO 8859-1 without the blanks and zeros at the end; other control characters become dots, so that a device cannot
 *  write into a terminal. */
export function plainText(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .replace(/[\0 ]+$/, "")
    .replace(/\p{Cc}/gu, ".");
}
