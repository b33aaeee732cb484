import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seal, unseal } from "./envelope.ts";
import { Kind, type Rows } from "./rows.ts";
import {
  createJournalScan,
  decodeChunk,
  decodeJournal,
  decodeTimes,
  encodeChunk,
  encodeJournal,
  encodeTimes,
} from "./rows-blob.ts";

const row = fc.record({
  key: fc.integer({ min: 1, max: 5 }),
  batch: fc.nat(2),
  lagUs: fc.constantFrom(0, -1500, 12, 3_600_000_000),
  status: fc.constantFrom(0, 0x80000000, 0x40900000, 0xffffffff),
  sequence: fc.nat(),
  kind: fc.constantFrom(Kind.number, Kind.boolean, Kind.text),
  value: fc.oneof(fc.double(), fc.constant(Number.NaN)),
});

const someRows = fc.tuple(fc.array(row, { minLength: 1, maxLength: 60 }), fc.string()).map(
  ([given, text]): Rows => ({
    count: given.length,
    key: Uint32Array.from(given, ({ key }) => key),
    batch: Uint32Array.from(given, ({ batch }) => batch),
    lagUs: Float64Array.from(given, ({ lagUs }) => lagUs),
    status: Uint32Array.from(given, ({ status }) => status),
    sequence: Float64Array.from(given, ({ sequence }) => sequence),
    kind: Uint8Array.from(given, ({ kind }) => kind),
    value: Float64Array.from(given, ({ value }) => value + 0),
    texts: given.filter(({ kind }) => kind === Kind.text).map((_, i) => JSON.stringify(text + i)),
    batchTimeUs: Float64Array.of(1.7e15, 1.7e15 + 250_000, 1.6e15),
  }),
);

describe("blobs of rows", () => {
  it("give a journal row back as it was", () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        expect(decodeJournal(encodeJournal(rows))).toEqual(rows);
      }),
    );
  });

  it("give a chunk and its times back as they were", () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const { key: _, batchTimeUs, ...chunk } = rows;
        expect(decodeChunk(encodeChunk(rows))).toEqual(chunk);
        expect(decodeTimes(encodeTimes(batchTimeUs))).toEqual(batchTimeUs);
      }),
    );
  });

  it("show one series of a journal row without unpacking it", () => {
    fc.assert(
      fc.property(someRows, fc.integer({ min: 1, max: 5 }), (rows, key) => {
        const seen: number[][] = [];
        const scan = createJournalScan();
        expect(scan.visit(encodeJournal(rows), key, (...each) => void seen.push(each))).toBe(true);
        const wanted = Array.from({ length: rows.count }, (_, i) => i).filter((i) => rows.key[i] === key);
        expect(seen).toEqual(
          wanted.map((i) => [
            (rows.batchTimeUs[rows.batch[i] ?? 0] ?? 0) + (rows.lagUs[i] ?? 0),
            rows.status[i],
            rows.value[i],
          ]),
        );
      }),
    );
  });

  it("notice any flipped byte", () => {
    const [rows] = fc.sample(someRows, { numRuns: 1, seed: 7 });
    if (rows === undefined) throw new TypeError("no sample");
    const journal = encodeJournal(rows).slice();
    const chunk = encodeChunk(rows).slice();
    const flipped = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] ?? 0) ^ 0x10);
    const scan = createJournalScan();
    for (let at = 0; at < journal.length; at += 1) {
      expect(decodeJournal(flipped(journal, at))).toBeUndefined();
      expect(scan.visit(flipped(journal, at), 1, () => undefined)).toBe(false);
    }
    for (let at = 0; at < chunk.length; at += 1) expect(decodeChunk(flipped(chunk, at))).toBeUndefined();
    for (let length = 0; length < 6; length += 1) expect(unseal(chunk.subarray(0, length))).toBeUndefined();
  });

  it("take content for damaged whose checksum fits but which says the impossible", () => {
    expect(decodeTimes(seal(Uint8Array.of(200, 1, 5), false))).toBeUndefined();
    expect(decodeChunk(seal(new Uint8Array(0), false))).toBeUndefined();
  });

  it("are compressed only where that makes them smaller", () => {
    const dull = new Uint8Array(1000);
    const lively = createHash("shake256", { outputLength: 1000 }).update("lively").digest();
    expect(seal(dull, true).length).toBeLessThan(30);
    expect(seal(lively, true)).toHaveLength(1005);
    expect(unseal(seal(dull, true))).toEqual(dull);
    expect(unseal(seal(lively, true))).toEqual(new Uint8Array(lively));
  });
});
