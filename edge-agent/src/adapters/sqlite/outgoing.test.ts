import { describe, expect, it } from "vitest";
import type { Item } from "./messages.ts";
import { createOutgoing, HISTORY_WEIGHTS, type Waiting } from "./outgoing.ts";
import { blockOfRows } from "./test-kit.ts";

const point: Item = {
  kind: "point",
  point: { series: "score", name: "s", timeUs: 1, sequence: 1, value: 0.1, json: "{}" },
};
const alarm: Item = { kind: "alarm", alarm: { id: "a", raisedUs: 1, isOpen: true, json: "{}" }, atUs: 1 };
const baseline: Item = { kind: "baseline", baseline: { sensor: "s", json: "{}" } };
const tags: Item = { kind: "tags", ids: ["t"] };
const forget: Item = { kind: "no-baseline", sensor: "s" };
const waveform: Item = {
  kind: "waveform",
  alarm: "a",
  stored: {
    sensor: "s",
    unit: "m/s2",
    waveform: {
      tag: 0,
      sampleRateHz: 1000,
      firstSampleTimeUs: 1,
      sequence: 1,
      missed: 0,
      status: 0,
      samples: new Float32Array(100),
    },
  },
};

function queue(mostBytes: number) {
  const dropped: Waiting<Item>[] = [];
  return { dropped, outgoing: createOutgoing(mostBytes, HISTORY_WEIGHTS, (entry) => dropped.push(entry)) };
}

describe("outgoing", () => {
  it("gives items in order, as many as fit and at least one", () => {
    const { outgoing } = queue(1e6);
    for (const item of [point, waveform, alarm]) outgoing.push(item);
    // A point is 204 bytes, a waveform 600.
    expect(outgoing.take(500).map(({ item }) => item.kind)).toEqual(["point"]);
    expect(outgoing.take(100).map(({ item }) => item.kind)).toEqual(["waveform"]);
    expect(outgoing.take(1e6).map(({ item }) => item.kind)).toEqual(["alarm"]);
    expect(outgoing.isEmpty).toBe(true);
  });

  it("lets the oldest measurement go when it is full, before anything an operator or a commissioning made", () => {
    const { outgoing, dropped } = queue(1000);
    for (const item of [alarm, tags, baseline, point, point]) outgoing.push(item);
    outgoing.push(waveform);
    expect(dropped.map(({ number }) => number)).toEqual([4, 5, 6]);
    for (const item of [baseline, baseline]) outgoing.push(item);
    expect(dropped.map(({ number }) => number)).toEqual([4, 5, 6, 1]);
    expect(outgoing.take(1e6).map(({ item }) => item.kind)).toEqual([
      "tags",
      "baseline",
      "baseline",
      "baseline",
    ]);
  });

  it("never drops the tag table, which everything after it needs", () => {
    const { outgoing, dropped } = queue(100);
    outgoing.push(tags);
    outgoing.push(forget);
    expect(dropped.map(({ item }) => item.kind)).toEqual(["no-baseline"]);
    expect(outgoing.isEmpty).toBe(false);
  });

  it("puts what could not be written first again, within its bound", () => {
    const { outgoing, dropped } = queue(102_500);
    outgoing.push(blockOfRows(1000));
    const taken = outgoing.take(1e6);
    outgoing.push(blockOfRows(1100));
    outgoing.putBack(taken);
    expect(dropped.map(({ number }) => number)).toEqual([]);
    expect(outgoing.take(1).map(({ number }) => number)).toEqual([1]);
    outgoing.push(blockOfRows(1100));
    outgoing.putBack(taken);
    expect(dropped.map(({ number }) => number)).toEqual([1]);
  });

  it("knows what is not through yet, also what is being written", () => {
    const { outgoing } = queue(1e6);
    expect([outgoing.oldest, outgoing.last]).toEqual([Number.POSITIVE_INFINITY, 0]);
    for (const item of [tags, blockOfRows(7), point]) outgoing.push(item);
    expect(outgoing.readings).toBe(8);
    outgoing.take(1e6);
    outgoing.push(alarm);
    expect([outgoing.oldest, outgoing.last, outgoing.readings]).toEqual([1, 4, 9]);
    outgoing.settle();
    expect([outgoing.oldest, outgoing.readings]).toEqual([4, 1]);
  });
});
