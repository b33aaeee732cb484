import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { decodeTwin, TWIN_HEADER_BYTES, type TwinMessage } from "../../core/twin-delta.ts";

/** A record of a segment: u32 length of the message, u32 CRC-32 of it, the message. Little-endian. */
const PREFIX = 8;
/** A snapshot of ten million points; what claims more is none. */
const MOST_MESSAGE_BYTES = 32 * 1024 * 1024;

export function encodeRecord(message: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(PREFIX + message.length);
  record.writeUInt32LE(message.length, 0);
  record.writeUInt32LE(crc32(message), 4);
  record.set(message, PREFIX);
  return record;
}

/** Where a record stands, and the head of its message. */
export interface RecordPlace {
  readonly at: number;
  readonly bytes: number;
  readonly isSnapshot: boolean;
  readonly timeMs: number;
}

/** Hops from record to record without reading their messages, up to the first that is not whole. */
export async function* recordPlaces(handle: FileHandle, signal: AbortSignal): AsyncGenerator<RecordPlace> {
  const { size } = await handle.stat();
  const head = Buffer.alloc(PREFIX + TWIN_HEADER_BYTES);
  for (let at = 0; at + head.length <= size; ) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(head, 0, head.length, at);
    const bytes = PREFIX + head.readUInt32LE(0);
    if (bytesRead < head.length || bytes < head.length || bytes > MOST_MESSAGE_BYTES || at + bytes > size)
      return;
    // Offsets of core/twin-delta's header.
    const isSnapshot = head.readUInt8(PREFIX) === 1;
    yield { at, bytes, isSnapshot, timeMs: head.readDoubleLE(PREFIX + 8) };
    at += bytes;
  }
}

/** The messages from a place on, up to the first that is not as it was written. */
export async function* readRecords(
  handle: FileHandle,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<TwinMessage> {
  const prefix = Buffer.alloc(PREFIX);
  for (let at = from; ; ) {
    signal.throwIfAborted();
    if ((await handle.read(prefix, 0, PREFIX, at)).bytesRead < PREFIX) return;
    const length = prefix.readUInt32LE(0);
    if (length < TWIN_HEADER_BYTES || length > MOST_MESSAGE_BYTES) return;
    // A buffer of its own: its columns are used in place and must be aligned.
    const message = new Uint8Array(length);
    if ((await handle.read(message, 0, length, at + PREFIX)).bytesRead < length) return;
    if (crc32(message) !== prefix.readUInt32LE(4)) return;
    yield decodeTwin(message.buffer);
    at += PREFIX + length;
  }
}
