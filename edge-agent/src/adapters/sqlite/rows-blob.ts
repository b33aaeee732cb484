import {
  type ByteReader,
  type ByteWriter,
  createByteReader,
  createByteWriter,
} from "../../core/byte-codec.ts";
import { readIntegers, writeIntegers } from "../../core/integer-columns.ts";
import type { TimeUs } from "../../core/time.ts";
import { seal, unseal } from "./envelope.ts";
import { Kind, type Rows } from "./rows.ts";
import { readValues, writeValues } from "./values.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One commit's rows as the blob of a journal row: cheap to make, as it lives a few minutes only. Keys, batches, lags
 *  and status come first and the values last, where a {@link JournalScan} finds them. */
export function encodeJournal(rows: Rows): Uint8Array {
  const { count } = rows;
  const out = createByteWriter(count * 10 + 64);
  out.unsigned(count);
  out.unsigned(rows.batchTimeUs.length);
  writeIntegers(out, rows.batchTimeUs, rows.batchTimeUs.length);
  writeIntegers(out, rows.key, count);
  writeShared(out, rows, count);
  out.bytes(new Uint8Array(rows.value.buffer, rows.value.byteOffset, count * 8));
  return seal(out.view(), false);
}

/** @returns undefined where the blob is damaged */
export function decodeJournal(blob: Uint8Array): Rows | undefined {
  return decode(blob, (source) => {
    const count = source.unsigned();
    const batches = source.unsigned();
    const batchTimeUs = readIntegers(source, new Float64Array(batches), batches);
    const key = readIntegers(source, new Uint32Array(count), count);
    const shared = readShared(source, count);
    const value = new Float64Array(source.bytes(count * 8).slice().buffer, 0, count);
    return { count, key, batchTimeUs, value, ...shared };
  });
}

/** One series out of a journal row, without unpacking the others: a recent trend looks through all of them. */
export interface JournalScan {
  /** @returns false where the blob is damaged */
  visit(
    blob: Uint8Array,
    key: number,
    each: (timeUs: TimeUs, status: number, value: number) => void,
  ): boolean;
}

export function createJournalScan(): JournalScan {
  // Kept from row to row: they are as large as the largest commit.
  let columns = { key: new Uint32Array(0), batch: new Uint32Array(0), status: new Uint32Array(0) };
  let lagUs = new Float64Array(0);

  function reserve(count: number): void {
    if (lagUs.length >= count) return;
    const narrow = () => new Uint32Array(count);
    columns = { key: narrow(), batch: narrow(), status: narrow() };
    lagUs = new Float64Array(count);
  }

  return {
    visit(blob, wanted, each) {
      const done = decode(blob, (source, content) => {
        const count = source.unsigned();
        const batches = source.unsigned();
        const batchTimeUs = readIntegers(source, new Float64Array(batches), batches);
        reserve(count);
        const { key, batch, status } = columns;
        readIntegers(source, key, count);
        let i = key.subarray(0, count).indexOf(wanted);
        if (i < 0) return true;
        readIntegers(source, batch, count);
        readIntegers(source, lagUs, count);
        readIntegers(source, status, count);
        const values = new DataView(content.buffer, content.byteOffset + content.length - count * 8);
        for (; i < count; i += 1) {
          if (key[i] !== wanted) continue;
          const timeUs = (batchTimeUs[batch[i] as number] as number) + (lagUs[i] as number);
          each(timeUs, status[i] as number, values.getFloat64(i * 8, true));
        }
        return true;
      });
      return done === true;
    },
  };
}

/** Rows of one series as the blob of a chunk. `batch` keeps pointing into the segment's times. */
export function encodeChunk(rows: Omit<Rows, "batchTimeUs" | "key">): Uint8Array {
  const out = createByteWriter(rows.count * 8 + 64);
  out.unsigned(rows.count);
  writeShared(out, rows, rows.count);
  writeValues(out, rows.value, rows.count);
  return seal(out.view(), true);
}

/** @returns undefined where the blob is damaged */
export function decodeChunk(blob: Uint8Array): Omit<Rows, "batchTimeUs" | "key"> | undefined {
  return decode(blob, (source) => {
    const count = source.unsigned();
    const shared = readShared(source, count);
    return { count, ...shared, value: readValues(source, count) };
  });
}

export function encodeTimes(timeUs: Float64Array): Uint8Array {
  const out = createByteWriter(timeUs.length * 3 + 16);
  out.unsigned(timeUs.length);
  writeIntegers(out, timeUs, timeUs.length);
  return seal(out.view(), true);
}

/** @returns undefined where the blob is damaged */
export function decodeTimes(blob: Uint8Array): Float64Array | undefined {
  return decode(blob, (source) => {
    const count = source.unsigned();
    return readIntegers(source, new Float64Array(count), count);
  });
}

type Shared = Pick<Rows, "batch" | "kind" | "lagUs" | "sequence" | "status" | "texts">;

function writeShared(out: ByteWriter, rows: Shared, count: number): void {
  writeIntegers(out, rows.batch, count);
  writeIntegers(out, rows.lagUs, count);
  writeIntegers(out, rows.status, count);
  writeIntegers(out, rows.sequence, count);
  writeIntegers(out, rows.kind, count);
  for (const text of rows.texts) {
    const bytes = encoder.encode(text);
    out.unsigned(bytes.length);
    out.bytes(bytes);
  }
}

function readShared(source: ByteReader, count: number): Shared {
  const batch = readIntegers(source, new Uint32Array(count), count);
  const lagUs = readIntegers(source, new Float64Array(count), count);
  const status = readIntegers(source, new Uint32Array(count), count);
  const sequence = readIntegers(source, new Float64Array(count), count);
  const kind = readIntegers(source, new Uint8Array(count), count);
  const texts: string[] = [];
  for (let i = 0; i < count; i += 1) {
    if (kind[i] === Kind.text) texts.push(decoder.decode(source.bytes(source.unsigned())));
  }
  return { batch, lagUs, status, sequence, kind, texts };
}

function decode<T>(blob: Uint8Array, read: (source: ByteReader, content: Uint8Array) => T): T | undefined {
  try {
    const content = unseal(blob);
    return content === undefined ? undefined : read(createByteReader(content), content);
  } catch {
    // A checksum that fits by chance: what is inside then ends early or asks for the impossible. Damaged, too.
    return undefined;
  }
}
