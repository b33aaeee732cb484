import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { Alarm, Inhibit } from "../core/alarm-types.ts";
import { defaultAlarmPolicy } from "../core/alarm-verdict.ts";
import { defaultBaselinePolicy } from "../core/baseline.ts";
import { defaultDetectorPolicy } from "../core/detect.ts";
import type { Health } from "../core/health.ts";
import { defaultHealthPolicy } from "../core/health-index.ts";
import type { Machine } from "../core/machine.ts";
import { StatusCode } from "../core/quality.ts";
import type { Features, Score, SensorState } from "../core/score.ts";
import type { StoredBaseline } from "../ports/history.ts";
import type { Logger } from "../ports/logger.ts";
import type { ModelContract, ServedScore } from "../ports/scorer.ts";
import type { Block } from "./infer.ts";
import { createWatch, type WatchDeps } from "./watch.ts";

const FRAME = 4;
const contract: ModelContract = {
  name: "listener",
  version: "1.0.0",
  digest: "d1",
  sequence: 1,
  preprocessing: "p1",
  classes: ["healthy", "outer-race"],
  sampleRateHz: 1000,
  windowSamples: 4,
  hopSamples: 4,
  frameLength: FRAME,
  spectrumLength: 8,
  anomalyThreshold: 0.5,
};
const machine: Machine = {
  id: "s/a/l/c/pump",
  name: "Pump",
  path: { site: "s", area: "a", line: "l", cell: "c", asset: "pump" },
  sensors: [{ id: "s/a/l/c/pump/v", machine: "s/a/l/c/pump", name: "drive end", waveform: 3, unit: "m/s2" }],
  tags: [],
};
const [sensor] = machine.sensors as [Machine["sensors"][number]];

/** Small, repeatable wobble between windows of the same machine. */
const wobble = (i: number, k: number): number => 0.1 * Math.sin(i * 12.9898 + k * 78.233);

function raw(i: number, shift: number, by = contract): ServedScore {
  const fault = shift > 0 ? 0.99 : 0.02;
  return {
    probabilities: Float32Array.of(1 - fault, fault),
    embedding: new Float32Array(2),
    frame: Float32Array.from({ length: FRAME }, (_, k) => wobble(i, k)),
    spectrum: Float32Array.from({ length: 8 }, (_, k) => wobble(i, k) + (k === 2 ? shift : 0)),
    by,
    role: "champion",
  };
}

const features = (rms: number): Features => ({
  rms,
  peak: 3 * rms,
  crest: 3,
  kurtosis: 3,
  skewness: 0,
  lines: [],
});

function start(more: Partial<WatchDeps> = {}) {
  const clock = createManualClock();
  const seen = {
    scores: [] as Score[],
    healths: [] as Health[],
    alarms: [] as { alarm: Alarm; block: Block | undefined }[],
    baselines: [] as StoredBaseline[],
    forgotten: [] as string[],
    said: [] as string[],
  };
  const logger: Logger = {
    debug() {},
    info: (_, text) => seen.said.push(text),
    warn: (_, text) => seen.said.push(text),
    error: (_, text) => seen.said.push(text),
    child: () => logger,
  };
  const watch = createWatch({
    clock,
    logger,
    random: () => 0.5,
    champion: () => contract,
    isDegraded: () => false,
    policy: {
      baseline: defaultBaselinePolicy,
      detector: defaultDetectorPolicy,
      alarm: defaultAlarmPolicy,
      health: defaultHealthPolicy,
    },
    baselines: [],
    alarms: [],
    onScore: (score) => seen.scores.push(score),
    onHealth: (health) => seen.healths.push(health),
    onAlarm: (alarm, block) => seen.alarms.push({ alarm, block }),
    onBaseline: (stored) => seen.baselines.push(stored),
    onBaselineForgotten: (id) => seen.forgotten.push(id),
    ...more,
  });
  watch.setMachines([machine], () => "plc");
  let i = 0;
  const blockAt = (shaftHz: number) => {
    i += 1;
    const waveform = {
      tag: 3,
      sampleRateHz: 1000,
      firstSampleTimeUs: i * 1e6,
      sequence: i,
      missed: 0,
      status: StatusCode.Good,
      samples: new Float32Array(4),
    };
    return { sensor, waveform, shaftHz };
  };
  /** A block that the model could not be run for. */
  const fail = (rms: number) => {
    const block = blockAt(25);
    const { knowledge } = watch.listeningFor(sensor, 25);
    const heard = { block, knowledge, sensorState: "valid" as const, windows: [], endUs: (i + 1) * 1e6 };
    watch.onHeard({ ...heard, latencyMs: 2 }, features(rms));
  };
  const hear = (shift: number, sensorState: SensorState = "valid", shaftHz = 25, by = contract) => {
    const block = blockAt(shaftHz);
    const { waveform } = block;
    const { knowledge, augmentSeeds } = watch.listeningFor(sensor, shaftHz);
    const windows =
      sensorState === "valid"
        ? [
            {
              frame: `${sensor.id}|${i}|0`,
              samples: waveform.samples,
              score: raw(i, shift, by),
              augmented: augmentSeeds.map((_, k) => raw(i + 100 * (k + 1), shift)),
            },
          ]
        : [];
    watch.onHeard(
      { block, knowledge, sensorState, windows, endUs: (i + 1) * 1e6, latencyMs: 2 },
      windows.length > 0 ? features(1 + 0.02 * wobble(i, 9) + shift) : undefined,
    );
  };
  const learn = () => {
    for (let n = 0; n < defaultBaselinePolicy.windows; n += 1) hear(0);
  };
  return { watch, seen, hear, fail, learn, clock };
}

describe("watch", () => {
  it("learns a machine, hands its baseline to the store, and then calls it healthy", () => {
    const { watch, seen, hear, learn } = start();
    expect(watch.listeningFor(sensor, 25).augmentSeeds).toHaveLength(defaultBaselinePolicy.copies);
    learn();
    expect(seen.baselines.map((stored) => stored.sensor)).toEqual([sensor.id]);
    expect(seen.scores.at(-1)?.state).toBe("learning");
    hear(0);
    expect(seen.scores.at(-1)).toMatchObject({
      state: "scored",
      votes: { network: false, spectrum: false, rms: false },
    });
    expect(seen.healths.at(-1)).toMatchObject({ state: "healthy", baselineProgress: 1 });
    expect(watch.listeningFor(sensor, 25).healthyFrame).toHaveLength(FRAME);
    expect(seen.alarms).toEqual([]);
  });

  it.each([
    ["shelved", undefined],
    ["suppressed-by-design", undefined],
    ["out-of-service", "unknown"],
  ] as const)("lets a sensor that is %s count as it should, and all of it after", (kind, state) => {
    let inhibit: Inhibit | undefined;
    const { seen, hear, watch } = start({ inhibitOf: () => inhibit });
    for (let k = 0; k < defaultBaselinePolicy.windows; k += 1) hear(0);
    for (let k = 0; k < 3; k += 1) hear(5);
    const before = seen.healths.at(-1)?.state;
    expect(["alarm", "warning"]).toContain(before);
    inhibit = { kind, source: sensor.id, by: "Ada", reason: "noise", fromUs: 1 };
    watch.onInhibit(sensor.id);
    expect(seen.healths.at(-1)?.state).toBe(state ?? before);
    watch.onInhibit("no sensor");
    inhibit = undefined;
    watch.onInhibit(sensor.id);
    expect(seen.healths.at(-1)?.state).toBe(before);
  });

  it("raises an alarm at the third abnormal window, with the block that was heard, and takes its acknowledgement", () => {
    const { watch, seen, hear, learn } = start();
    learn();
    hear(3);
    hear(3);
    expect(seen.alarms).toEqual([]);
    hear(3);
    const [raised] = seen.alarms;
    expect(raised?.alarm).toMatchObject({
      state: "unacknowledged-active",
      severity: "alarm",
      machine: machine.id,
    });
    expect(raised?.block?.waveform.sequence).toBe(23);
    expect(seen.healths.at(-1)?.state).toBe("alarm");
    expect(watch.acknowledge("nobody", "me")).toBeUndefined();
    expect(watch.acknowledge(raised?.alarm.id ?? "", "night shift")).toMatchObject({
      state: "acknowledged-active",
      acknowledgedBy: "night shift",
    });
    expect(seen.alarms.at(-1)?.block).toBeUndefined();
  });

  it("says that a speed has no baseline instead of alarming, and that a sensor is deaf", () => {
    const { seen, hear, learn } = start({
      policy: {
        baseline: { ...defaultBaselinePolicy, commissioningWindows: 20 },
        detector: defaultDetectorPolicy,
        alarm: defaultAlarmPolicy,
        health: defaultHealthPolicy,
      },
    });
    learn();
    for (let n = 0; n < 5; n += 1) hear(3, "valid", 40);
    expect(seen.scores.at(-1)?.state).toBe("no-baseline");
    hear(0, "flat");
    expect(seen.scores.at(-1)).toMatchObject({ state: "not-scored", sensorState: "flat" });
    expect(seen.healths.at(-1)?.state).toBe("sensor-fault");
    expect(seen.alarms).toEqual([]);
  });

  it("is offline while the device of its sensors is, and comes back", () => {
    const { watch, seen } = start();
    watch.onLink("plc", false);
    expect(seen.healths.at(-1)?.state).toBe("offline");
    watch.onLink("plc", true);
    expect(seen.healths.at(-1)?.state).toBe("unknown");
  });

  it("remembers across a restart what was learnt and what was open", () => {
    const first = start();
    first.learn();
    for (let n = 0; n < 3; n += 1) first.hear(3);
    const second = start({
      baselines: first.seen.baselines,
      alarms: first.seen.alarms.map(({ alarm }) => alarm),
    });
    expect(second.seen.alarms[0]?.alarm.state).toBe("unacknowledged-active");
    expect(second.watch.listeningFor(sensor, 25).knowledge.kind).toBe("learnt");
    second.hear(0);
    expect(second.seen.scores.at(-1)?.state).toBe("scored");
  });

  it("learns anew where windows are prepared otherwise now or the stored baseline cannot be read, and says so", () => {
    const first = start();
    first.learn();
    const other = { ...contract, version: "2.0.0", preprocessing: "p2" };
    const second = start({ baselines: first.seen.baselines, champion: () => other });
    expect(second.watch.listeningFor(sensor, 25).knowledge.kind).toBe("learning");
    expect(second.seen.said).toContain(
      "the baseline belongs to a model that hears otherwise; learning begins anew",
    );
    const broken = start({ baselines: [{ sensor: sensor.id, json: "{" }] });
    expect(broken.watch.listeningFor(sensor, 25).knowledge.kind).toBe("learning");
    expect(broken.seen.said).toContain("the stored baseline cannot be read; learning begins anew");
  });

  it("keeps its baselines under the next version of a model that prepares windows alike", () => {
    const first = start();
    first.learn();
    const second = start({
      baselines: first.seen.baselines,
      champion: () => ({ ...contract, version: "2.0.0" }),
    });
    expect(second.watch.listeningFor(sensor, 25).knowledge.kind).toBe("learnt");
  });

  it("takes over a baseline that an earlier agent stored under the model's title, for good", () => {
    const first = start();
    first.learn();
    const asBefore = first.seen.baselines.map(({ json, ...rest }) => ({
      ...rest,
      json: JSON.stringify({ ...JSON.parse(json), model: "listener 1.0.0" }),
    }));
    const second = start({ baselines: asBefore });
    expect(second.watch.listeningFor(sensor, 25).knowledge.kind).toBe("learnt");
    const third = start({
      baselines: second.seen.baselines,
      champion: () => ({ ...contract, version: "2.0.0" }),
    });
    expect(third.watch.listeningFor(sensor, 25).knowledge.kind).toBe("learnt");
  });

  it("judges each window as the model that heard it would, and says which that was", () => {
    const { seen, hear, learn } = start();
    learn();
    const strict = { ...contract, version: "2.0.0", anomalyThreshold: 0.001 };
    hear(0, "valid", 25, strict);
    expect(seen.scores.at(-1)).toMatchObject({ model: "listener 2.0.0", votes: { network: true } });
    hear(0);
    expect(seen.scores.at(-1)).toMatchObject({ model: "listener 1.0.0", votes: { network: false } });
    hear(0, "flat");
    expect(seen.scores.at(-1)?.model).toBe("listener 1.0.0");
  });

  it("takes a block that could not be scored as no evidence, and shows its features", () => {
    const { seen, hear, fail, learn } = start();
    learn();
    hear(0);
    const { healths } = seen;
    const before = healths.at(-1);
    for (let n = 0; n < 10; n += 1) fail(9);
    expect(seen.scores.at(-1)).toMatchObject({
      state: "not-scored",
      sensorState: "valid",
      features: { rms: 9 },
      model: "listener 1.0.0",
    });
    expect(seen.scores.at(-1)).not.toHaveProperty("votes");
    expect(seen.alarms).toEqual([]);
    expect(healths.at(-1)).toBe(before);
    for (let n = 0; n < 3; n += 1) hear(3);
    expect(seen.alarms).toHaveLength(1);
    for (let n = 0; n < 10; n += 1) fail(1);
    expect(seen.alarms).toHaveLength(1);
  });

  it("watches by thresholds while the network fails: raises, clears, and follows with the health", () => {
    let isDegraded = false;
    const { seen, hear, fail, learn } = start({ isDegraded: () => isDegraded });
    learn();
    hear(0);
    isDegraded = true;
    fail(1);
    expect(seen.scores.at(-1)).toMatchObject({ state: "degraded", votes: { rms: false } });
    for (let n = 0; n < 3; n += 1) fail(9);
    expect(seen.alarms.at(-1)?.alarm).toMatchObject({
      state: "unacknowledged-active",
      evidence: { votes: "rms", judgedBy: "thresholds" },
    });
    expect(seen.alarms.at(-1)?.block?.waveform.sequence).toBe(seen.scores.at(-1)?.sequence);
    expect(seen.healths.at(-1)?.state).toBe("alarm");
    expect(seen.healths.at(-1)?.index).toBeLessThan(60);
    for (let n = 0; n < 5; n += 1) fail(1);
    expect(seen.alarms.at(-1)?.alarm.state).toBe("unacknowledged-cleared");
    // An answer that came nevertheless brings the spectrum, not the network's word.
    const odd = { ...contract, anomalyThreshold: 0.001 };
    hear(0, "valid", 25, odd);
    expect(seen.scores.at(-1)?.votes).toEqual({ spectrum: false, rms: false });
    isDegraded = false;
    hear(0);
    expect(seen.scores.at(-1)?.state).toBe("scored");
    expect(seen.healths.at(-1)?.index).toBeGreaterThan(60);
  });

  it("forgets on command: the baseline, the alarm and what the store holds", () => {
    const { watch, seen, hear, learn } = start();
    learn();
    for (let n = 0; n < 3; n += 1) hear(3);
    expect(watch.relearn("nobody", "me")).toBe(false);
    expect(watch.relearn(machine.id, "me")).toBe(true);
    expect(seen.forgotten).toEqual([sensor.id]);
    expect(seen.alarms.at(-1)?.alarm.state).toBe("unacknowledged-cleared");
    expect(watch.listeningFor(sensor, 25).knowledge.kind).toBe("learning");
    expect(watch.sensorsOf(3)).toEqual([sensor]);
    expect(watch.sensorsOf(4)).toEqual([]);
  });
});
