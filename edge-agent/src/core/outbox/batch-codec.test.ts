import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createByteWriter } from "../byte-codec.ts";
import {
  type BatchBody,
  BatchError,
  CLAIM_BYTES,
  claimedRows,
  decodeBatch,
  encodeBatch,
  ValueKind,
} from "./batch-codec.ts";

const START_US = 1_767_225_600_000_000;

const time = fc.oneof(
  fc.integer({ min: 0, max: 10_000_000 }).map((us) => START_US + us),
  fc.constantFrom(0, -0, -11_644_473_600_000_000, 2 ** 52, 2 ** 53 - 1, START_US + 0.5, Number.NaN),
  fc.double(),
);
const number = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.maxSafeInteger(),
  fc.float(),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY),
);
const word = fc.integer({ min: 0, max: 0xffffffff });

const row = fc.record({
  tag: fc.nat(1000),
  value: number,
  status: word,
  source: time,
  agent: time,
  sequence: number,
  json: fc.option(fc.uint8Array(), { nil: undefined }),
  isBoolean: fc.boolean(),
});
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never;

const rows = fc.oneof(
  fc.array(row, { maxLength: 60 }),
  // What a scan gives: the same time, small lags, one sequence.
  fc
    .array(row, { maxLength: 60 })
    .map((list) =>
      list.map((each, i) => ({ ...each, tag: i, agent: START_US, source: START_US - (i % 3), sequence: 7 })),
    ),
);

function columnsOf(list: readonly Row[]): Extract<BatchBody, { form: "columns" }> {
  const keys = [...new Set(list.map(({ tag }) => tag))];
  const texts = list.flatMap(({ json }) => (json === undefined ? [] : [json]));
  return {
    form: "columns",
    count: list.length,
    keys: Uint32Array.from(keys),
    tag: Uint32Array.from(list, ({ tag }) => keys.indexOf(tag)),
    value: Float64Array.from(list, ({ value }) => value),
    status: Uint32Array.from(list, ({ status }) => status),
    sourceTimeUs: Float64Array.from(list, ({ source }) => source),
    agentTimeUs: Float64Array.from(list, ({ agent }) => agent),
    sequence: Float64Array.from(list, ({ sequence }) => sequence),
    kind: Uint8Array.from(list, ({ json, isBoolean }) =>
      json === undefined ? (isBoolean ? ValueKind.boolean : ValueKind.number) : ValueKind.json,
    ),
    texts,
  };
}

const sample = () =>
  columnsOf(
    Array.from({ length: 1000 }, (_, i) => ({
      tag: i,
      value: Math.sin(i),
      status: 0,
      source: START_US + (i % 7),
      agent: START_US,
      sequence: 12,
      json: undefined,
      isBoolean: false,
    })),
  );

/** What decoding makes of bytes; undefined where it refuses them as it should. */
function decoded(bytes: Uint8Array): BatchBody | undefined {
  try {
    return decodeBatch(bytes);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BatchError);
    return undefined;
  }
}

describe("a batch", () => {
  it("comes back bit by bit, whatever the readings are", () => {
    fc.assert(
      fc.property(rows, (list) => {
        const columns = columnsOf(list);
        expect(decodeBatch(encodeBatch(columns))).toEqual(columns);
      }),
    );
  });

  it("holds documents of any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (documents) => {
        const body: BatchBody = { form: "documents", documents };
        expect(decodeBatch(encodeBatch(body))).toEqual(body);
      }),
    );
  });

  it("takes no columns beyond the count, so that they may be longer", () => {
    const columns = sample();
    const { texts: _, ...long } = columns;
    const short = decodeBatch(
      encodeBatch({ ...long, texts: [], count: 10, keys: columns.keys.slice(0, 10) }),
    );
    expect(short).toMatchObject({ count: 10, value: columns.value.slice(0, 10) });
  });

  it("is small: an ordinary scan of noisy doubles takes hardly more than its values, of single precision half of that", () => {
    const columns = sample();
    expect(encodeBatch(columns).length / 1000).toBeLessThan(10.5);
    const single = { ...columns, value: Float64Array.from(Float32Array.from(columns.value)) };
    expect(encodeBatch(single).length / 1000).toBeLessThan(6.5);
  });

  it("tells its rows by its first bytes alone, and nothing by other bytes", () => {
    fc.assert(
      fc.property(rows, (list) => {
        const bytes = encodeBatch(columnsOf(list));
        expect(claimedRows(bytes.subarray(0, CLAIM_BYTES))).toBe(list.length);
        expect(claimedRows(bytes.map((byte) => byte ^ 0xff))).toBeUndefined();
      }),
    );
  });

  it("is refused as a BatchError when it is cut anywhere", () => {
    const bytes = encodeBatch(sample());
    for (let length = 0; length < bytes.length; length += 97) {
      expect(() => decodeBatch(bytes.subarray(0, length))).toThrow(BatchError);
    }
    expect(() => decodeBatch(Uint8Array.of(...bytes, 0))).toThrow("follow the batch");
  });

  it("never fails otherwise, whatever the bytes are", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decoded(bytes)));
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        (bytes) => void decoded(Uint8Array.of(1, 0, 9, 3, ...bytes)),
      ),
    );
  });

  it("never fails otherwise when a byte of it is flipped", () => {
    const bytes = encodeBatch(columnsOf(fc.sample(row, { numRuns: 40, seed: 5 })));
    for (let i = 0; i < bytes.length; i += 1) {
      for (const bit of [1, 16, 128]) {
        const flipped = bytes.slice();
        flipped[i] = (flipped[i] as number) ^ bit;
        decoded(flipped);
      }
    }
  });

  it("of a later version, of more rows than there can be, or of more tags than rows is refused", () => {
    const head = (...numbers: number[]) => {
      const out = createByteWriter();
      for (const each of numbers) out.unsigned(each);
      return out.view();
    };
    expect(() => decodeBatch(head(2, 0, 0))).toThrow("version 2");
    expect(() => decodeBatch(head(1, 5, 0))).toThrow(BatchError);
    expect(() => decodeBatch(head(1, 0, 70_000))).toThrow("70000 rows");
    expect(() => decodeBatch(head(1, 0, 5, 6))).toThrow("6 tags in 5 rows");
  });
});
