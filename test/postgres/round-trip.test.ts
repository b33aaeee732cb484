import type { OutboundTag, ReadingRows, Value } from "@stethos/edge-agent/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchOf, batchOfStream, START_US, TAGS } from "../contract/sink-batches.ts";
import { never, useDatabases } from "./databases.ts";
import type { StoredReading } from "./plant-database.ts";

const databases = useDatabases();

interface Drawn {
  readonly tag: number;
  readonly number: number;
  readonly other: Value | undefined;
  readonly status: number;
  readonly timeUs: number;
  readonly agentTimeUs: number;
  readonly sequence: number;
}

const YEAR_US = 365 * 86_400 * 1e6;
const text = fc.string({ unit: "grapheme" }).filter((drawn) => !drawn.includes("\0"));
const other: fc.Arbitrary<Value> = fc.oneof(
  text,
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }).map(String),
  fc.array(fc.oneof(text, fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }).map(plain)), {
    maxLength: 5,
  }),
);
const drawnRow: fc.Arbitrary<Drawn> = fc.record({
  tag: fc.nat({ max: TAGS.length - 1 }),
  number: fc.double(),
  other: fc.option(other, { nil: undefined, freq: 3 }),
  status: fc.nat({ max: 0xffffffff }),
  // Few days: each has a partition.
  timeUs: fc.nat({ max: 2 * 86_400 * 1e6 }).map((us) => START_US - us),
  agentTimeUs: fc.integer({ min: -60 * YEAR_US, max: 200 * YEAR_US }).map((us) => START_US + us),
  sequence: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
});

/** JSON knows no negative zero. */
function plain(number: number): number {
  return Object.is(number, -0) ? 0 : number;
}

function columns(rows: readonly Drawn[], tags: readonly OutboundTag[] = TAGS): ReadingRows {
  return {
    stream: "readings",
    count: rows.length,
    tags,
    tag: Uint32Array.from(rows, (row) => row.tag),
    value: Float64Array.from(rows, (row) => row.number),
    status: Uint32Array.from(rows, (row) => row.status),
    sourceTimeUs: Float64Array.from(rows, (row) => row.timeUs),
    agentTimeUs: Float64Array.from(rows, (row) => row.agentTimeUs),
    sequence: Float64Array.from(rows, (row) => row.sequence),
    other: new Map(rows.flatMap((row, i) => (row.other === undefined ? [] : [[i, row.other]]))),
  };
}

const stored = (row: Drawn): StoredReading => ({
  tag: TAGS[row.tag]?.id ?? "",
  node: "edge-1",
  value: row.other ?? (Number.isFinite(row.number) ? plain(row.number) : null),
  sequence: row.sequence,
  status: row.status,
  timeUs: row.timeUs,
  agentTimeUs: row.agentTimeUs,
});

/** Rows of one transaction lie in the partition of their day. */
const bySequence = (rows: readonly StoredReading[]): StoredReading[] =>
  rows.toSorted((a, b) => a.sequence - b.sequence || a.timeUs - b.timeUs);

describe("binary COPY", () => {
  it("brings every value, time, status and sequence there and back to the last bit", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(drawnRow, { minLength: 1, maxLength: 40, selector: ({ sequence }) => sequence }),
        async (rows) => {
          number += 1;
          if (number > 1) await database.query("TRUNCATE reading, reading_text");
          const { refused } = await sink.deliver([batchOf(number, columns(rows))], never);
          expect(refused).toEqual([]);
          expect(bySequence(await database.rows())).toEqual(bySequence(rows.map(stored)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("fills many buffers, some with one text that is larger than a buffer", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    const rows = Array.from({ length: 30_000 }, (_, i): Drawn => {
      const long = i % 10_000 === 5000 ? "ü€😀".repeat(100_000) : undefined;
      return {
        tag: i % 4,
        number: i / 8,
        other: long,
        status: 0,
        timeUs: START_US + i,
        agentTimeUs: START_US,
        sequence: i,
      };
    });
    await sink.deliver(
      [batchOf(1, columns(rows.slice(0, 12_345))), batchOf(2, columns(rows.slice(12_345)))],
      never,
    );
    expect(await database.rows()).toEqual(rows.map(stored));
  });

  it("writes no number for what is bad, and the sign of zero as it is", async () => {
    const database = await databases.create();
    const numbers = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -0,
      5e-324,
      1.7976931348623157e308,
    ];
    const rows = numbers.map(
      (number, sequence): Drawn => ({
        tag: 0,
        number,
        other: undefined,
        status: 0x80050000,
        timeUs: START_US,
        agentTimeUs: START_US,
        sequence,
      }),
    );
    await databases.closing(database.sink()).deliver([batchOf(1, columns(rows))], never);
    const values = await database.query(
      "SELECT value::text, status < 0 AS is_bad FROM reading ORDER BY sequence",
    );
    expect(values.map(({ value }) => value)).toEqual([
      null,
      null,
      null,
      "-0",
      "5e-324",
      "1.7976931348623157e+308",
    ]);
    expect(values.every((row) => row["is_bad"])).toBe(true);
  });

  it("writes scores, health, alarms and gaps with all that they say", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    for (const [i, stream] of (["scores", "health", "alarms", "gaps"] as const).entries()) {
      await sink.deliver([batchOfStream(i + 1, stream)], never);
    }
    const [score] = await database.query("SELECT * FROM score");
    expect(score).toMatchObject({
      node: "edge-1",
      sequence: "3",
      anomaly: 0.25,
      vote_rms: true,
      vote_network: false,
    });
    expect(score).toMatchObject({
      kurtosis: 3.5,
      skewness: -0.125,
      velocity_rms: 2.25,
      bpfo_db: 9,
      bpfi_db: null,
    });
    expect(score).toMatchObject({ fault_hint: "outer-race", probabilities: [0.1, 0.1, 0.6, 0.1, 0.1] });
    expect(score?.["time"]).toEqual(new Date(START_US / 1000));
    const [health] = await database.query("SELECT * FROM health");
    expect(health).toMatchObject({ state: "healthy", index: 97.5, baseline_progress: 1 });
    const [alarm] = await database.query("SELECT * FROM alarm_latest");
    expect(alarm).toMatchObject({ id: "a-1", priority: "high", peak_anomaly: 0.75, cleared: null });
    expect(alarm?.["evidence"]).toEqual({ line: "BPFO", prominenceDb: 14.5 });
    const [gap] = await database.query("SELECT * FROM gap");
    expect(gap).toMatchObject({ stream: "readings", cause: "full-bytes", sink: null, rows: "1200" });
  });

  it("replaces what no text can hold in an alarm, which must arrive in any case, and knows a gap of unknown size", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    const [alarms, gaps] = [batchOfStream(1, "alarms").content, batchOfStream(2, "gaps").content];
    if (alarms.stream !== "alarms" || gaps.stream !== "gaps") throw new TypeError("other streams were drawn");
    const spoilt = alarms.rows.map((alarm) => ({
      ...alarm,
      reason: "a\0b",
      evidence: { text: "c\0\ud800d \\u0000", peak: -1.5 },
    }));
    const unknown = gaps.rows.map((gap) => ({ ...gap, rows: -1, fromUs: Number.NaN, tags: undefined }));
    const { refused } = await sink.deliver(
      [batchOf(1, { ...alarms, rows: spoilt }), batchOf(2, { ...gaps, rows: unknown })],
      never,
    );
    expect(refused).toEqual([]);
    const [alarm] = await database.query("SELECT reason, evidence FROM alarm");
    expect(alarm).toEqual({ reason: "a�b", evidence: { text: "c��d \\u0000", peak: -1.5 } });
    const [gap] = await database.query("SELECT rows, from_time, tags FROM gap");
    expect(gap).toEqual({ rows: "-1", from_time: null, tags: null });
  });

  it("names readings, their quality and their unit in the views", async () => {
    const database = await databases.create();
    const rows = [0, 0x40900000, 0x80050000].map(
      (status, sequence): Drawn => ({
        tag: 0,
        number: 4 + sequence,
        other: undefined,
        status,
        timeUs: START_US,
        agentTimeUs: START_US,
        sequence,
      }),
    );
    await databases.closing(database.sink()).deliver([batchOf(1, columns(rows))], never);
    const named = await database.query(
      "SELECT tag, unit, quality, status_code FROM reading_named ORDER BY sequence",
    );
    expect(named).toEqual([
      { tag: TAGS[0]?.id, unit: "Cel", quality: "good", status_code: "0" },
      { tag: TAGS[0]?.id, unit: "Cel", quality: "uncertain", status_code: String(0x40900000) },
      { tag: TAGS[0]?.id, unit: "Cel", quality: "bad", status_code: String(0x80050000) },
    ]);
    const [minute] = await database.query("SELECT count, avg, min, max, bad FROM reading_1min");
    expect(minute).toEqual({ count: "3", avg: 5, min: 4, max: 6, bad: "1" });
  });
});
