import { describe, expect, it } from "vitest";
import { StatusCode } from "../core/quality.ts";
import { type RawColumns, rawColumns, readingAt, type Value, valueAt } from "../core/reading.ts";
import type { Tag } from "../core/tag.ts";
import { createNormaliser } from "./normalise.ts";

const path = { site: "site", area: "area", line: "line", cell: "cell", asset: "pump" };

function tag(name: string, more: Partial<Tag> = {}): Tag {
  const id = `site/area/line/cell/pump/${name}`;
  return {
    id,
    path,
    name,
    device: "plc",
    protocol: "s7",
    address: "DB1,REAL0",
    unit: "Cel",
    scale: 1,
    offset: 0,
    ...more,
  };
}

function raw(values: readonly number[], others: Readonly<Record<number, Value>> = {}): RawColumns {
  const rows = rawColumns(values.length, 1000);
  values.forEach((value, i) => {
    rows.tag[i] = i;
    rows.value[i] = value;
  });
  for (const [row, value] of Object.entries(others)) rows.other.set(Number(row), value);
  return rows;
}

describe("normaliser", () => {
  it("gives scale, offset, sequence and the agent's tag index", () => {
    const normaliser = createNormaliser(
      [tag("a", { scale: 0.1, offset: -40 }), tag("b")],
      Uint32Array.of(7, 3),
    );
    normaliser.normalise(raw([0, 0]), 2000);
    const batch = normaliser.normalise(raw([650, 3]), 3000);
    expect(batch && Array.from(batch.tag)).toEqual([7, 3]);
    expect(batch && Array.from(batch.value)).toEqual([25, 3]);
    expect(batch && Array.from(batch.sequence)).toEqual([2, 2]);
  });

  it("holds back changes below the deadband and counts them", () => {
    const normaliser = createNormaliser([tag("a", { deadband: 0.5 })], Uint32Array.of(0, 1, 2));
    const seen = [20, 20.4, 20.5, 20.6, 21.1].map((value) => normaliser.normalise(raw([value]), 1)?.value[0]);
    expect(seen).toEqual([20, undefined, 20.5, undefined, 21.1]);
    expect(normaliser.suppressed).toBe(2);
  });

  it("takes a deadband of 0 as: hold back exact repeats", () => {
    const normaliser = createNormaliser([tag("a", { deadband: 0 })], Uint32Array.of(0, 1, 2));
    const seen = [1, 1, 1.0000001].map((value) => normaliser.normalise(raw([value]), 1)?.value[0]);
    expect(seen).toEqual([1, undefined, 1.0000001]);
  });

  it("passes on a change of quality whatever the deadband", () => {
    const normaliser = createNormaliser([tag("a", { deadband: 100 })], Uint32Array.of(0, 1, 2));
    normaliser.normalise(raw([20]), 1);
    const bad = raw([20]);
    bad.status[0] = StatusCode.BadNotConnected;
    const batch = normaliser.normalise(bad, 2);
    expect(batch?.status[0]).toBe(StatusCode.BadNotConnected);
    expect(batch?.value[0]).toBeNaN();
    expect(normaliser.normalise(bad, 3)).toBeUndefined();
  });

  it("makes a number that is none, or that scaling drove out of range, bad and never a value", () => {
    const normaliser = createNormaliser(
      [tag("a", { scale: 1e200 }), tag("b"), tag("c")],
      Uint32Array.of(0, 1, 2),
    );
    const batch = normaliser.normalise(raw([1e200, Number.NaN, Number.POSITIVE_INFINITY]), 1);
    expect(batch && Array.from(batch.status)).toEqual(Array(3).fill(StatusCode.BadOutOfRange));
    expect(batch && [0, 1, 2].map((i) => valueAt(batch, i))).toEqual([null, null, null]);
  });

  it("keeps texts, booleans and arrays, scales number arrays, and refuses to scale text", () => {
    const tags = [tag("text"), tag("flag"), tag("array", { scale: 2 }), tag("scaledText", { scale: 2 })];
    const rows = raw([Number.NaN, 1, Number.NaN, Number.NaN], {
      0: "RUN",
      1: true,
      2: [1, 2],
      3: "9007199254740993",
    });
    const batch = createNormaliser(tags, Uint32Array.of(0, 1, 2, 3)).normalise(rows, 1);
    expect(batch && [0, 1, 2, 3].map((i) => valueAt(batch, i))).toEqual(["RUN", true, [2, 4], null]);
    expect(batch?.status[3]).toBe(StatusCode.BadConfigurationError);
  });

  it("holds back equal texts under a deadband, row numbers staying with their values", () => {
    const normaliser = createNormaliser(
      [tag("a", { deadband: 0 }), tag("b", { deadband: 0 })],
      Uint32Array.of(0, 1, 2),
    );
    normaliser.normalise(raw([Number.NaN, Number.NaN], { 0: "x", 1: "y" }), 1);
    const batch = normaliser.normalise(raw([Number.NaN, Number.NaN], { 0: "x", 1: "z" }), 2);
    expect(batch?.count).toBe(1);
    expect(batch && valueAt(batch, 0)).toBe("z");
    expect(batch?.tag[0]).toBe(1);
  });

  it("becomes the one JSON form", () => {
    const tags = [tag("a", { scale: 0.5 })];
    const batch = createNormaliser(tags, Uint32Array.of(0, 1, 2, 3)).normalise(
      raw([3]),
      1_700_000_000_123_456,
    );
    expect(batch && readingAt(batch, 0, tags)).toEqual({
      tag: "site/area/line/cell/pump/a",
      value: 1.5,
      unit: "Cel",
      quality: "good",
      statusCode: 0,
      status: "Good",
      sourceTime: "1970-01-01T00:00:00.001000Z",
      agentTime: "2023-11-14T22:13:20.123456Z",
      sequence: 1,
      device: "plc",
      protocol: "s7",
      address: "DB1,REAL0",
    });
  });
});
