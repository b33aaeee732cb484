import { createManualClock } from "@stethos/protocol-finger/clock";
import { beforeEach, describe, expect, it } from "vitest";
import type { Alarm } from "../core/alarm-types.ts";
import type { DriftVerdict } from "../core/drift/drift-types.ts";
import { StatusCode } from "../core/quality.ts";
import type { FieldFrame } from "../ports/field-store.ts";
import type { ModelContract, RawScore, ScorePair, ServedScore } from "../ports/scorer.ts";
import type { Heard } from "./infer.ts";
import { createKeepFrames, defaultKeepPolicy, type KeepFrames, type KeepPolicy } from "./keep-frames.ts";

const by: ModelContract = {
  name: "listener",
  version: "0.1.0",
  digest: "d",
  sequence: 1,
  preprocessing: "p",
  classes: ["healthy", "ball"],
  sampleRateHz: 1000,
  windowSamples: 4,
  hopSamples: 2,
  frameLength: 2,
  spectrumLength: 1,
  anomalyThreshold: 0.5,
};
const none = new Float32Array(0);
const raw = (probability: number): RawScore => ({
  probabilities: Float32Array.of(1 - probability, probability),
  embedding: none,
  frame: none,
  spectrum: none,
});
const scored = (probability: number, pair?: ServedScore["pair"]): ServedScore => ({
  ...raw(probability),
  by,
  role: "champion",
  ...(pair && { pair }),
});

/** A block of one sensor whose windows are named after `names`. */
const block = (
  names: readonly string[],
  over: { sensor?: string; pair?: ServedScore["pair"]; isLearning?: boolean } = {},
): Heard => ({
  block: {
    sensor: { id: over.sensor ?? "s1", machine: "pump", name: "de", waveform: 0, unit: "m/s2" },
    waveform: {
      tag: 0,
      sampleRateHz: 1000,
      firstSampleTimeUs: 0,
      sequence: 1,
      missed: 0,
      status: StatusCode.Good,
      samples: none,
    },
    shaftHz: 25,
  },
  knowledge: { kind: "none" },
  ...(over.isLearning !== true && { healthyFrame: Float32Array.of(1, 2) }),
  sensorState: "valid",
  windows: names.map((frame) => ({
    frame,
    samples: Float32Array.of(1, 2, 3, 4),
    score: scored(0.25, over.pair),
    augmented: [],
  })),
  endUs: 10_000_000,
  latencyMs: 1,
});

const alarm = (id: string, over: Partial<Alarm> = {}): Alarm => ({
  id,
  machine: "pump",
  sensor: "s1",
  state: "unacknowledged-active",
  severity: "alarm",
  raisedUs: 1,
  peakAnomaly: 1,
  reason: "anomaly",
  evidence: {},
  ...over,
});

const verdict = (isDrift: boolean, sensor: string = "s1"): DriftVerdict => ({
  machine: "pump",
  sensor,
  shaftHz: 25,
  timeUs: 1,
  ratios: { embedding: 2, input: 1, output: 1 },
  isDrift,
  inARow: 1,
});

const clock = createManualClock();
let kept: FieldFrame[];
let frames: KeepFrames;

function start(over: Partial<KeepPolicy> = {}): void {
  kept = [];
  const policy = {
    ...defaultKeepPolicy,
    randomShare: 0,
    alarmBefore: 2,
    alarmAfter: 2,
    driftWindows: 3,
    ...over,
  };
  frames = createKeepFrames({ store: { keep: (frame) => kept.push(frame) }, clock }, policy);
}

const heard = (...names: readonly string[]) => {
  for (const name of names) frames.heard(block([name]));
};
const keptAs = () => kept.map(({ id, kind }) => `${kind} ${id}`);

beforeEach(() => start());

describe("keeping frames", () => {
  it("keeps the windows around an alarm", () => {
    heard("1", "2", "3");
    frames.alarm(alarm("a1"));
    heard("4", "5", "6");
    expect(keptAs()).toEqual(["alarm 2", "alarm 3", "alarm 4", "alarm 5"]);
    expect(kept.every((frame) => frame.alarm === "a1")).toBe(true);
  });

  it("does so once an alarm, and for no other change of it", () => {
    heard("1", "2");
    frames.alarm(alarm("a1"));
    frames.alarm(alarm("a1"));
    frames.alarm(alarm("a1", { state: "acknowledged-active" }));
    frames.alarm(alarm("a0", { state: "normal" }));
    expect(keptAs()).toEqual(["alarm 1", "alarm 2"]);
    frames.alarm(alarm("a2"));
    expect(kept.slice(2).map((frame) => frame.alarm)).toEqual(["a2", "a2"]);
  });

  it("keeps the newest windows of a block that drifted, of that sensor alone", () => {
    heard("1", "2", "3", "4");
    frames.heard(block(["other"], { sensor: "s2" }));
    frames.drift(verdict(false));
    frames.drift(verdict(true));
    expect(keptAs()).toEqual(["drift 2", "drift 3", "drift 4"]);
  });

  it("keeps nothing of what it is told to keep none of", () => {
    start({ alarmBefore: 0, alarmAfter: 0, driftWindows: 0 });
    heard("1", "2");
    frames.alarm(alarm("a1"));
    frames.drift(verdict(true));
    heard("3");
    expect(kept).toEqual([]);
  });

  it("draws the same random sample whenever the same frames come, near the share that was asked for", () => {
    const names = Array.from({ length: 4000 }, (_, i) => `pump/de|${1_700_000_000_000_000 + i * 680_000}|0`);
    start({ randomShare: 0.05, mostPerHour: 4000 });
    heard(...names);
    const first = keptAs();
    start({ randomShare: 0.05, mostPerHour: 4000 });
    heard(...names);
    expect(keptAs()).toEqual(first);
    // Four standard deviations of a binomial of 4000 draws.
    expect(Math.abs(first.length - 200)).toBeLessThan(4 * Math.sqrt(4000 * 0.05 * 0.95));
  });

  it("samples no window that cannot be compared with a healthy machine", () => {
    start({ randomShare: 1 });
    frames.heard(block(["1"], { isLearning: true }));
    frames.heard(block(["2"]));
    expect(keptAs()).toEqual(["random 2"]);
  });

  it("keeps no more of a sensor in an hour than it may, and counts the rest", async () => {
    start({ randomShare: 1, mostPerHour: 2 });
    heard("1", "2", "3", "4");
    frames.heard(block(["other"], { sensor: "s2" }));
    frames.alarm(alarm("a1"));
    expect(keptAs()).toEqual(["random 1", "random 2", "random other", "alarm 3", "alarm 4"]);
    expect(frames.overLimit).toBe(2);
    start({ randomShare: 1, mostPerHour: 1 });
    heard("1");
    await clock.advance(3_600_000);
    heard("2");
    expect(keptAs()).toEqual(["random 1", "random 2"]);
  });

  it("says all that is known of a window, each with its own time", () => {
    start({ randomShare: 1 });
    frames.heard(block(["1", "2"]));
    expect(kept).toMatchObject([
      { id: "1", timeUs: 9_998_000, machine: "pump", sensor: "s1", unit: "m/s2", shaftHz: 25 },
      { id: "2", timeUs: 10_000_000, model: "listener 0.1.0", probability: 0.25, sampleRateHz: 1000 },
    ]);
    expect(kept[0]?.healthyFrame).toEqual(Float32Array.of(1, 2));
  });

  it("waits for what the challenger says, where it was asked", async () => {
    start({ randomShare: 1 });
    const timed = (probability: number) => ({
      raw: raw(probability),
      by: { ...by, version: "0.1.9" },
      ms: 1,
    });
    const pair: ScorePair = {
      champion: timed(0.5),
      challenger: timed(0.75),
      first: "champion",
      acted: "challenger",
    };
    const failed: ScorePair = { ...pair, challenger: { failure: "it died" } };
    frames.heard(block(["1"], { pair: Promise.resolve(pair) }));
    frames.heard(block(["2"], { pair: Promise.resolve(failed) }));
    frames.heard(block(["3"], { pair: Promise.resolve(undefined) }));
    expect(kept).toEqual([]);
    await Promise.all([pair, failed]);
    await new Promise(setImmediate);
    expect(kept).toMatchObject([
      { id: "1", probability: 0.5, challengerProbability: 0.75, model: "listener 0.1.9" },
      { id: "2", probability: 0.5 },
      { id: "3", probability: 0.25 },
    ]);
    expect(kept[1]).not.toHaveProperty("challengerProbability");
  });
});
