import { describe, expect, it } from "vitest";
import { StatusCode } from "../core/quality.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Tag } from "../core/tag.ts";
import { createWatchSuppressions } from "./watch-suppressions.ts";

const tags = [{ id: "m/other" }, { id: "m/speed" }] as unknown as readonly Tag[];

const batch = (tag: number, value: number, status: number = StatusCode.Good): ReadingBatch => ({
  count: 1,
  tag: Uint32Array.of(tag),
  value: Float64Array.of(value),
  status: Uint32Array.of(status),
  sourceTimeUs: Float64Array.of(0),
  agentTimeUs: 0,
  sequence: Float64Array.of(0),
  other: new Map(),
});

function start() {
  const told: string[] = [];
  const watch = createWatchSuppressions((sources, reason, holds) => {
    told.push(`${sources.join("+")} ${holds ? reason : "free"}`);
  });
  return { watch, told };
}

describe("the watch of suppressions", () => {
  it("tells when a condition begins to hold and when it ends, also by bad quality", () => {
    const { watch, told } = start();
    watch.setPlant([{ rule: { tag: "m/speed", below: 10 }, sources: ["m/a", "m/b"] }], tags);
    watch.onReadings(batch(0, 5));
    watch.onReadings(batch(1, 50));
    watch.onReadings(batch(1, 5));
    watch.onReadings(batch(1, 6));
    watch.onReadings(batch(1, 6, StatusCode.BadTimeout));
    expect(told).toEqual(["m/a+m/b speed < 10", "m/a+m/b free"]);
  });

  it("frees a source only when no rule silences it any more", () => {
    const { watch, told } = start();
    watch.setPlant(
      [
        { rule: { tag: "m/speed", below: 10 }, sources: ["m/a", "m/b"] },
        { rule: { tag: "m/speed", below: 5 }, sources: ["m/b"] },
      ],
      tags,
    );
    watch.onReadings(batch(1, 1));
    watch.onReadings(batch(1, 7));
    watch.onReadings(batch(1, 20));
    expect(told).toEqual(["m/a+m/b speed < 10", "m/b speed < 5", " free", "m/a+m/b free"]);
  });

  it("frees all before a new plant is looked at", () => {
    const { watch, told } = start();
    watch.setPlant([{ rule: { tag: "m/speed", below: 10 }, sources: ["m/a"] }], tags);
    watch.onReadings(batch(1, 1));
    watch.setPlant([], tags);
    watch.onReadings(batch(1, 1));
    expect(told).toEqual(["m/a speed < 10", "m/a free"]);
  });
});
