import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RawBatch, rawColumns, type Value } from "../../core/reading.ts";
import type { DriverEvent, ScanPlan } from "../../ports/driver.ts";
import { createEventQueue, type EventQueue } from "./event-queue.ts";

const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };

function planOf(tags: number, groups: readonly (readonly number[])[]): ScanPlan {
  return {
    device: "plc",
    protocol: "opcua",
    tags: Array.from({ length: tags }, (_, i) => ({
      id: `t${i}`,
      path,
      name: `t${i}`,
      device: "plc",
      protocol: "opcua",
      address: `i=${i}`,
      unit: "1",
      scale: 1,
      offset: 0,
    })),
    waveforms: [],
    groups: groups.map((group, i) => ({ name: `g${i}`, periodMs: 100, tags: group, waveforms: [] })),
  };
}

function batch(...rows: readonly (readonly [tag: number, value: number, other?: Value])[]): DriverEvent {
  const columns = rawColumns(rows.length, 7);
  rows.forEach(([tag, value, other], row) => {
    columns.tag[row] = tag;
    columns.value[row] = value;
    columns.status[row] = tag;
    if (other !== undefined) columns.other.set(row, other);
  });
  return { kind: "batch", batch: columns };
}

const block = (tag: number, sequence: number, missed = 0): DriverEvent => ({
  kind: "waveform",
  waveform: {
    tag,
    sampleRateHz: 1,
    firstSampleTimeUs: 0,
    sequence,
    missed,
    status: 0,
    samples: new Float32Array(0),
  },
});

async function drain(queue: EventQueue): Promise<DriverEvent[]> {
  queue.close();
  const events: DriverEvent[] = [];
  for await (const event of queue) events.push(event);
  return events;
}

const rowsOf = ({ tag, value }: RawBatch) => Array.from(tag, (one, i) => [one, value[i]]);

describe("the queue of events", () => {
  it("hands on in order what is taken in time", async () => {
    const queue = createEventQueue(planOf(2, [[0, 1]]));
    const events = [
      batch([0, 1]),
      { kind: "link", up: true, reason: "" } as const,
      batch([0, 2]),
      block(0, 1),
    ];
    for (const event of events) queue.push(event);
    expect(await drain(queue)).toEqual(events);
    expect(queue.droppedRows).toBe(0);
  });

  it("keeps the newest row of each tag when the consumer is slow, and tells what went by group", async () => {
    const queue = createEventQueue(planOf(2, [[0], [1]]), { rows: 4, blocks: 1, notes: 10 });
    queue.push(batch([0, 1], [1, 1]));
    queue.push(batch([0, 2], [1, 2, "text"]));
    queue.push({ kind: "link", up: false, reason: "away" });
    queue.push(batch([0, 3]));
    const [link, newest, ...overruns] = await drain(queue);
    expect(link).toEqual({ kind: "link", up: false, reason: "away" });
    expect(newest?.kind === "batch" && rowsOf(newest.batch)).toEqual([
      [1, 2],
      [0, 3],
    ]);
    expect(newest?.kind === "batch" && [...newest.batch.other]).toEqual([[0, "text"]]);
    expect(newest?.kind === "batch" && [...newest.batch.status]).toEqual([1, 0]);
    expect(overruns).toEqual([
      { kind: "overrun", group: "g0", missed: 2 },
      { kind: "overrun", group: "g1", missed: 1 },
    ]);
    expect(queue.droppedRows).toBe(3);
  });

  it("adds up the overruns of a group that nobody has taken yet", async () => {
    const queue = createEventQueue(planOf(1, [[0]]));
    queue.push({ kind: "overrun", group: "g0", missed: 2 });
    queue.push({ kind: "overrun", group: "g1", missed: 1 });
    queue.push({ kind: "overrun", group: "g0", missed: 3 });
    expect(await drain(queue)).toEqual([
      { kind: "overrun", group: "g0", missed: 5 },
      { kind: "overrun", group: "g1", missed: 1 },
    ]);
  });

  it("counts a block that had to go as missed in the next one", async () => {
    const queue = createEventQueue(planOf(0, []));
    queue.push(block(0, 1));
    queue.push(block(1, 50));
    queue.push(block(0, 4, 2));
    queue.push(block(0, 5));
    queue.push(block(0, 6));
    const events = await drain(queue);
    const seen = events.map((event) =>
      event.kind === "waveform" ? [event.waveform.tag, event.waveform.sequence, event.waveform.missed] : [],
    );
    expect(seen).toEqual([
      [1, 50, 0],
      [0, 5, 4],
      [0, 6, 0],
    ]);
  });

  it("lets the oldest note go when there are too many", async () => {
    const queue = createEventQueue(planOf(1, [[0]]), { rows: 10, blocks: 1, notes: 2 });
    queue.push(batch([0, 1]));
    for (const up of [true, false, true]) queue.push({ kind: "link", up, reason: "" });
    const kinds = (await drain(queue)).map((event) => (event.kind === "link" ? event.up : event.kind));
    expect(kinds).toEqual(["batch", false, true]);
  });

  it("wakes a consumer that waits, and takes nothing after its end", async () => {
    const queue = createEventQueue(planOf(1, [[0]]));
    const reader = queue[Symbol.asyncIterator]();
    const first = reader.next();
    queue.push(batch([0, 1]));
    expect((await first).value).toMatchObject({ kind: "batch" });
    const last = reader.next();
    queue.close();
    queue.push(batch([0, 2]));
    expect(await last).toEqual({ done: true, value: undefined });
  });

  it("never holds more rows than its bound and always ends at the newest value of each tag", async () => {
    const rows = fc.array(fc.tuple(fc.nat(4), fc.integer()), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { maxLength: 30 }), async (batches) => {
        const queue = createEventQueue(planOf(5, [[0, 1, 2, 3, 4]]), { rows: 15, blocks: 1, notes: 9 });
        const newest = new Map<number, number>();
        for (const one of batches) {
          queue.push(batch(...one));
          for (const [tag, value] of one) newest.set(tag, value);
        }
        const seen = new Map<number, number>();
        let held = 0;
        for (const event of await drain(queue)) {
          if (event.kind !== "batch") continue;
          held += event.batch.count;
          for (const [tag, value] of rowsOf(event.batch)) seen.set(tag ?? -1, value ?? 0);
        }
        expect(held).toBeLessThanOrEqual(15);
        expect(held + queue.droppedRows).toBe(batches.flat().length);
        expect([...seen].sort()).toEqual([...newest].sort());
      }),
    );
  });
});
