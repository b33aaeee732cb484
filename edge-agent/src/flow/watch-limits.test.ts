import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { Alarm } from "../core/alarm-types.ts";
import type { TagLimits } from "../core/limits.ts";
import { StatusCode } from "../core/quality.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Tag } from "../core/tag.ts";
import { createWatchLimits } from "./watch-limits.ts";

const path = { site: "s", area: "a", line: "l", cell: "c", asset: "pump" };
const tag = (name: string, limits?: Partial<TagLimits>): Tag => ({
  id: `s/a/l/c/pump/${name}`,
  path,
  name,
  device: "plc",
  protocol: "s7",
  address: "DB1,REAL0",
  unit: "Cel",
  scale: 1,
  offset: 0,
  ...(limits && { limits: { hysteresis: 0, delayS: 0, ...limits } }),
});

function batch(rows: readonly (readonly [tag: number, value: number])[], timeUs = 1000): ReadingBatch {
  return {
    count: rows.length,
    tag: Uint32Array.from(rows, ([index]) => index),
    value: Float64Array.from(rows, ([, value]) => value),
    status: new Uint32Array(rows.length).fill(StatusCode.Good),
    sourceTimeUs: new Float64Array(rows.length),
    agentTimeUs: timeUs,
    sequence: new Float64Array(rows.length),
    other: new Map(),
  };
}

function start(alarms: readonly Alarm[] = []) {
  const clock = createManualClock();
  const seen: Alarm[] = [];
  const watch = createWatchLimits({
    clock,
    random: () => 0.5,
    alarms,
    onAlarm: (alarm) => void seen.push(alarm),
  });
  return {
    clock,
    watch,
    seen,
    states: () => seen.map(({ sensor, state }) => `${sensor.split("/")[5]} ${state}`),
  };
}

describe("the watch of limits", () => {
  it("raises the alarm of a tag with its asset as machine, and clears it", () => {
    const { watch, seen, states } = start();
    watch.setTags([tag("plain"), tag("temperature", { high: 80 })]);
    watch.onReadings(
      batch([
        [0, 1000],
        [1, 81],
      ]),
    );
    watch.onReadings(batch([[1, 79]]));
    expect(states()).toEqual(["temperature unacknowledged-active", "temperature unacknowledged-cleared"]);
    expect(seen[0]).toMatchObject({
      machine: "s/a/l/c/pump",
      sensor: "s/a/l/c/pump/temperature",
      reason: "limit-high",
      evidence: { value: 81, limit: 80, unit: "Cel" },
    });
  });

  it("acknowledges its own alarms, again without a change, and no others", () => {
    const { watch, seen } = start();
    watch.setTags([tag("t", { high: 80 })]);
    watch.onReadings(batch([[0, 81]]));
    const id = seen[0]?.id ?? "";
    expect(watch.acknowledge(id, "Ada")).toMatchObject({
      state: "acknowledged-active",
      acknowledgedBy: "Ada",
    });
    expect(watch.acknowledge(id, "Bob")).toMatchObject({ acknowledgedBy: "Ada" });
    expect(watch.acknowledge("other", "Ada")).toBeUndefined();
    watch.onReadings(batch([[0, 1]]));
    expect(watch.acknowledge(id, "Ada")).toBeUndefined();
  });

  it("ends delays by the clock", async () => {
    const { watch, clock, states } = start();
    watch.setTags([tag("t", { low: 5, delayS: 2 })]);
    const stopping = new AbortController();
    const running = watch.run(stopping.signal);
    watch.onReadings(batch([[0, 4]], clock.nowUs()));
    await clock.advance(1500);
    expect(states()).toEqual([]);
    await clock.advance(1000);
    expect(states()).toEqual(["t unacknowledged-active"]);
    stopping.abort();
    await running;
  });

  it("goes on after a restart: same occurrence, cleared where it is over or has no limits any more", () => {
    const before = start();
    before.watch.setTags([tag("t", { high: 80, highHigh: 90 }), tag("gone", { high: 80 })]);
    before.watch.onReadings(
      batch([
        [0, 95],
        [1, 95],
      ]),
    );
    const { watch, states, seen } = start(before.seen);
    watch.setTags([tag("t", { high: 80, highHigh: 90 }), tag("gone")]);
    expect(states()).toEqual(["t unacknowledged-active", "gone unacknowledged-cleared"]);
    watch.onReadings(batch([[0, 95]]));
    expect(seen).toHaveLength(2);
    watch.onReadings(batch([[0, 1]]));
    expect(seen.at(-1)).toMatchObject({ id: before.seen[0]?.id, state: "unacknowledged-cleared" });
  });

  it("leaves alarms of sensors alone", () => {
    const vibration = {
      id: "v",
      sensor: "s/a/l/c/pump/v",
      state: "unacknowledged-active",
      reason: "anomaly",
    };
    const { watch, seen } = start([vibration as Alarm]);
    watch.setTags([]);
    expect(seen).toEqual([]);
    expect(watch.acknowledge("v", "Ada")).toBeUndefined();
  });
});
