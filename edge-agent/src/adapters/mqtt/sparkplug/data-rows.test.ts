import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OutboxBatch, ReadingRows } from "../../../core/outbox/outbound.ts";
import { dataRuns } from "./data-rows.ts";
import { createPoints } from "./points.ts";

const TAGS = ["a", "b", "c"].map((name, i) => ({
  id: `s/a/l/c/m/${name}`,
  unit: "1",
  device: i === 2 ? "plc/2" : "plc-1",
  protocol: "s7" as const,
  address: "DB1,REAL0",
}));

/** @param rows tag, and time in milliseconds */
function batchOf(rows: readonly (readonly [number, number])[]): OutboxBatch {
  const content: ReadingRows = {
    stream: "readings",
    count: rows.length,
    tags: TAGS,
    tag: Uint32Array.from(rows, ([tag]) => tag),
    value: Float64Array.from(rows, (_, i) => i),
    status: new Uint32Array(rows.length),
    sourceTimeUs: Float64Array.from(rows, ([, ms]) => ms * 1000),
    agentTimeUs: Float64Array.from(rows, ([, ms]) => ms * 1000),
    sequence: Float64Array.from(rows, (_, i) => i),
    other: new Map(),
  };
  return { node: "n", epoch: "e", number: 1, committedUs: 0, isBacklog: false, content };
}

function runsOf(rows: readonly (readonly [number, number])[]) {
  const points = createPoints();
  const batch = batchOf(rows);
  points.learnFrom(batch);
  return [...dataRuns(batch, points)];
}

describe("the runs of a batch", () => {
  it("hold every row once, in the order of each tag, whatever the clocks of the devices do", () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1_000, max: 1_010 }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const sent = runsOf(rows).flatMap((run) => run.rows);
        for (const [tag, { id }] of TAGS.entries()) {
          const wanted = rows.flatMap(([of], i) => (of === tag ? [i] : []));
          expect(sent.filter(({ point }) => point.tag.id === id).map((each) => each.row)).toEqual(wanted);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are in the order of time within a message, and hold no tag twice at one time", () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1_000, max: 1_010 }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        for (const run of runsOf(rows)) {
          const times = run.rows.map(({ timeMs }) => timeMs);
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          const keys = run.rows.map(({ point, timeMs }) => `${point.alias} ${timeMs}`);
          expect(new Set(keys).size).toBe(keys.length);
          expect(new Set(run.rows.map(({ point }) => point.device))).toEqual(new Set([run.device]));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("take the agent's time where the device's is none", () => {
    const batch = batchOf([
      [0, 5],
      [0, 6],
    ]);
    if (batch.content.stream !== "readings") throw new Error("no readings");
    batch.content.sourceTimeUs.set([Number.NaN, 1e300]);
    const points = createPoints();
    points.learnFrom(batch);
    expect([...dataRuns(batch, points)].flatMap(({ rows }) => rows.map(({ timeMs }) => timeMs))).toEqual([
      5, 6,
    ]);
  });

  it("are named by an id that a topic may hold, and are never too long", () => {
    const rows = Array.from({ length: 1200 }, (_, i) => [2, i + 1] as const);
    expect(runsOf(rows).map((run) => [run.device, run.rows.length])).toEqual([
      ["plc_2", 500],
      ["plc_2", 500],
      ["plc_2", 200],
    ]);
  });
});
