import { describe, expect, it } from "vitest";
import { createBuckets } from "../adapters/sqlite/buckets.ts";
import type { Predicate, RuleInput, RuleSet } from "../core/rules/rule.ts";
import type { TrendQuery } from "../ports/history.ts";
import { rehearse } from "./rules-replay.ts";
import { type ReplaySource, readSamples, type Track } from "./rules-samples.ts";

const S = 1e6;
const T0 = 1.8e15;
const TAG = "s/a/l/c/p1/temp";
const TRACK: Track = { of: "tag", id: TAG, stepUs: S };
const never = new AbortController().signal;

/** Readings of the tag: seconds since T0, and what was read. */
type Reading = readonly [seconds: number, value: number];

function historyOf(readings: readonly Reading[]): ReplaySource & { readonly asked: TrendQuery[] } {
  const asked: TrendQuery[] = [];
  return {
    asked,
    async trend(_of, _id, query) {
      asked.push(query);
      const buckets = createBuckets(query);
      for (const [seconds, value] of readings) buckets.add(T0 + seconds * S, value);
      return buckets.trend();
    },
  };
}

/** One a second, in the middle of it. */
const steady = (from: number, to: number, value = 50): Reading[] =>
  Array.from({ length: to - from }, (_, i): Reading => [from + i + 0.5, value]);
/** Ten within a millisecond, which no question tells apart: the least, the greatest and the mean are known. */
const lump = (second: number, greatest: number): Reading[] =>
  Array.from({ length: 10 }, (_, i): Reading => [second + 0.5 + i / 10_000, i === 3 ? greatest : 40]);

const above =
  (limit: number): Predicate =>
  (values) =>
    Number.isNaN(values.number(0)) ? { kind: "absent", input: 0 } : values.number(0) > limit;

const newest: RuleInput = { kind: "reading", tag: TAG, type: "double" };

function setOf(predicate: Predicate, input: RuleInput = newest, holdUs = 0): RuleSet {
  const rule = {
    name: "hot",
    version: "v1",
    when: "true",
    holdUs,
    clearUs: 0,
    severity: "alarm" as const,
    predicate,
    inputs: [{ text: "temp" }],
    messages: [],
    engine: "closures" as const,
  };
  return {
    version: "v1",
    rules: [rule],
    instances: [{ rule, machine: "s/a/l/c/p1", inputs: [input] }],
    tags: new Map([[TAG, { periodUs: S, isByChange: false }]]),
  };
}

const range = (from: number, to: number) => ({ fromUs: T0 + from * S, toUs: T0 + to * S });
const secondsOf = ({ fromUs, toUs }: { readonly fromUs: number; readonly toUs?: number | undefined }) => [
  (fromUs - T0) / S,
  ((toUs ?? Number.NaN) - T0) / S,
];

describe("a rehearsal", () => {
  it("is exact where every scan period holds one reading, in one question for 5000 periods", async () => {
    const history = historyOf([...steady(0, 100), [100.5, 90], ...steady(101, 200)]);
    const found = await rehearse(setOf(above(80)), range(60, 200), history, never);
    expect(found.approximate).toEqual([]);
    expect(found.fired.map(secondsOf)).toEqual([[100.5, 101.5]]);
    expect(found.fired[0]).toMatchObject({ isExact: true, values: { temp: 90 } });
    expect(history.asked).toHaveLength(1);
  });

  it("asks in finer parts where a scan period holds several, and is exact still", async () => {
    const burst: Reading[] = [
      [100.1, 50],
      [100.4, 90],
      [100.7, 60],
    ];
    const history = historyOf([...steady(0, 100), ...burst, ...steady(101, 200)]);
    const { fired, approximate } = await rehearse(setOf(above(80)), range(60, 200), history, never);
    expect(approximate).toEqual([]);
    expect(fired).toMatchObject([{ isExact: true, values: { temp: 90 } }]);
    expect((fired[0]?.fromUs ?? 0) / S - T0 / S).toBeCloseTo(100.4, 1);
    expect(((fired[0]?.toUs ?? 0) - (fired[0]?.fromUs ?? 0)) / S).toBeCloseTo(0.3, 1);
  });

  it("fires for an excursion of one reading in a bucket, and calls it approximate until the next reading", async () => {
    const history = historyOf([...steady(0, 100), ...lump(100, 90), ...steady(101, 200)]);
    const { fired, approximate } = await rehearse(setOf(above(80)), range(60, 200), history, never);
    expect(fired).toMatchObject([{ isExact: false, values: { temp: 90 } }]);
    expect(approximate).toMatchObject([{ of: "tag", id: TAG }]);
    expect(approximate.map(secondsOf)).toEqual([[100.5, expect.closeTo(101.5, 1)]]);
  });

  it("fires for a dip as for a peak", async () => {
    const dip = lump(100, 90).map(([second, value]): Reading => [second, 100 - value]);
    const below: Predicate = (values) => values.number(0) < 20;
    const history = historyOf([...steady(0, 100), ...dip, ...steady(101, 200)]);
    const { fired } = await rehearse(setOf(below), range(60, 200), history, never);
    expect(fired).toMatchObject([{ isExact: false, values: { temp: 10 } }]);
  });

  it("calls approximate what a window or a hold looked back to, and nothing else", async () => {
    const widest: RuleInput = { kind: "window", tag: TAG, statistic: "max", widthUs: 20 * S, perUs: S };
    const readings = [
      ...steady(0, 100),
      ...lump(100, 90),
      ...steady(101, 300),
      [300.5, 90] as const,
      ...steady(301, 400),
    ];
    const { fired } = await rehearse(
      setOf(above(80), widest, 5 * S),
      range(60, 400),
      historyOf(readings),
      never,
    );
    expect(fired.map(({ isExact }) => isExact)).toEqual([false, true]);
  });

  it("tells spans within the range only, and those a minute apart as one", async () => {
    const readings = [
      ...steady(0, 30),
      ...lump(30, 90),
      ...steady(31, 100),
      ...lump(100, 90),
      ...steady(101, 150),
      ...lump(150, 90),
      ...steady(151, 300),
    ];
    const { approximate } = await rehearse(setOf(above(80)), range(60, 300), historyOf(readings), never);
    expect(approximate.map(secondsOf)).toEqual([[100.5, expect.closeTo(151.5, 1)]]);
  });

  it("knows what stands after a lump at the end of a question to be approximate", async () => {
    // The lead is a minute: the first question ends at second 4940.
    const history = historyOf([...steady(0, 4939), ...lump(4939, 90), ...steady(5200, 5300)]);
    const { approximate } = await rehearse(setOf(above(80)), range(0, 5300), history, never);
    expect(approximate.map(secondsOf)).toEqual([[4939.5, 5200.5]]);
  });
});

describe("samples of a history", () => {
  it("stand for a bucket that cannot be told apart by its least, its greatest, and its mean", async () => {
    const samples = await readSamples([TRACK], range(0, 10), historyOf(lump(5, 100)), never);
    expect(samples.map(({ value }) => value)).toEqual([40, 100, 46]);
    expect(new Set(samples.map(({ blurFromUs }) => blurFromUs))).toEqual(new Set([T0 + 5.5 * S]));
  });

  it("ask at most 18 questions for 5000 periods that are all mixed, each of at most 5000 buckets", async () => {
    const history = historyOf(Array.from({ length: 10_000 }, (_, i): Reading => [i / 2 + 0.2, i]));
    const samples = await readSamples([TRACK], range(0, 5000), history, never);
    expect(samples.map(({ value }) => value)).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(history.asked).toHaveLength(18);
    expect(Math.max(...history.asked.map(({ buckets }) => buckets))).toBeLessThanOrEqual(5000);
  });
});
