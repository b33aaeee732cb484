import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { Sensor } from "../core/machine.ts";
import { StatusCode } from "../core/quality.ts";
import type { Features } from "../core/score.ts";
import type { Waveform } from "../core/waveform.ts";
import type { Analyser, PreparedBlock } from "../ports/analyser.ts";
import type { Logger } from "../ports/logger.ts";
import type { ModelContract, ModelServer, ScoreRequest, ServedScore } from "../ports/scorer.ts";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { createInfer, defaultInferPolicy, type Heard, type InferPolicy } from "./infer.ts";

const contract: ModelContract = {
  name: "m",
  version: "1.0.0",
  digest: "d1",
  sequence: 1,
  preprocessing: "p1",
  classes: ["healthy", "ball"],
  sampleRateHz: 1000,
  windowSamples: 4,
  hopSamples: 4,
  frameLength: 2,
  spectrumLength: 1,
  anomalyThreshold: 0.5,
};
const sensor: Sensor = { id: "s", machine: "m", name: "drive end", waveform: 0, unit: "m/s2" };
const features: Features = { rms: 1, peak: 1, crest: 1, kurtosis: 3, skewness: 0, lines: [] };

function block(sequence: number, more: Partial<Waveform> = {}): Waveform {
  return {
    tag: 0,
    sampleRateHz: 1000,
    firstSampleTimeUs: 5_000_000,
    sequence,
    missed: 0,
    status: StatusCode.Good,
    samples: Float32Array.of(sequence, 0, 0, 0),
    ...more,
  };
}

/** An analyser whose window is the block itself, with one copy a seed. */
const analyser: Analyser = {
  analyse: (request) => {
    const prepared: PreparedBlock = {
      sensorState: "valid",
      windows: [request.samples],
      augmented: [request.augmentSeeds.map((seed) => request.samples.map((value) => value + seed))],
    };
    return { prepared: Promise.resolve(prepared), features: Promise.resolve(features) };
  },
  close: async () => undefined,
};

/** Models that answer when told to, with the first sample as their spectrum. */
function slowModels() {
  const runs: { batch: readonly ScoreRequest[]; answer: (failure?: Error) => void }[] = [];
  const models = modelsThat(
    (batch) =>
      new Promise((resolve, reject) => {
        runs.push({
          batch,
          answer: (failure) => {
            if (failure === undefined) resolve(batch.map(scoreOf));
            else reject(failure);
          },
        });
      }),
  );
  return { models, runs };
}

const modelsThat = (score: ModelServer["score"]): ModelServer => ({
  champion: {
    contract,
    installed: { model: contract, folder: "m" },
    score: async () => [],
    warm: async () => undefined,
    goldenFrames: async () => [],
    close: async () => undefined,
  },
  challenger: undefined,
  score,
  setChallenger: () => undefined,
  dropChallenger: async () => undefined,
  promote: async () => undefined,
  close: async () => undefined,
});

const scoreOf = (request: ScoreRequest): ServedScore => ({
  probabilities: Float32Array.of(1, 0),
  embedding: new Float32Array(1),
  frame: new Float32Array(2),
  spectrum: request.samples.slice(0, 1),
  by: contract,
  role: "champion",
});

const settle = async () => {
  for (let i = 0; i < 50; i += 1) await undefined;
};

function start(
  models: ModelServer,
  more: {
    seeds?: number[];
    policy?: Partial<InferPolicy>;
    analyser?: Analyser;
    isDegraded?: () => boolean;
  } = {},
) {
  const heard: { heard: Heard; features: Features | undefined }[] = [];
  const events: TelemetryEvent[] = [];
  const errors: string[] = [];
  const said: string[] = [];
  const clock = createManualClock();
  const logger: Logger = {
    debug() {},
    info: (_, message) => said.push(message),
    warn() {},
    error: (_, message) => errors.push(message),
    child: () => logger,
  };
  const infer = createInfer(
    {
      analyser: more.analyser ?? analyser,
      models,
      clock,
      logger,
      telemetry: { emit: (event) => events.push(event) },
      listeningFor: () => ({
        knowledge: { kind: "none" },
        augmentSeeds: more.seeds ?? [],
        healthyFrame: new Float32Array(2),
      }),
      onHeard: (one, two) => heard.push({ heard: one, features: two }),
      isDegraded: more.isDegraded ?? (() => false),
    },
    { ...defaultInferPolicy, ...more.policy },
  );
  const controller = new AbortController();
  const done = infer.run(controller.signal);
  const stop = async () => {
    controller.abort(new Error("stop"));
    await done;
  };
  return { infer, heard, events, errors, said, clock, stop };
}

describe("inference", () => {
  it("gives windows and their copies side by side, with features and the time of the window's end", async () => {
    const { models, runs } = slowModels();
    const { infer, heard, stop } = start(models, { seeds: [10, 20] });
    infer.hear({ sensor, waveform: block(1), shaftHz: 25 });
    await settle();
    expect(runs[0]?.batch.map((request) => request.samples[0])).toEqual([1, 11, 21]);
    expect(runs[0]?.batch.map((request) => request.frame)).toEqual(["s|5004000|0", undefined, undefined]);
    expect(runs[0]?.batch[0]?.healthyFrame).toHaveLength(2);
    runs[0]?.answer();
    await settle();
    const [one] = heard;
    expect(one?.features).toEqual(features);
    expect(one?.heard.endUs).toBe(5_004_000);
    expect(one?.heard.healthyFrame).toHaveLength(2);
    expect(one?.heard.windows[0]).toMatchObject({ frame: "s|5004000|0", samples: block(1).samples });
    expect(one?.heard.windows[0]?.score.spectrum[0]).toBe(1);
    expect(one?.heard.windows[0]?.augmented.map((copy) => copy.spectrum[0])).toEqual([11, 21]);
    await stop();
  });

  it("names each window of a block, and asks ahead for a block that is one window already", async () => {
    const { models, runs } = slowModels();
    const twoWindows: Analyser = {
      ...analyser,
      analyse: (request) => ({
        prepared: Promise.resolve({
          sensorState: "valid",
          windows: [request.samples.slice(0, 4), request.samples.slice(4)],
          augmented: [[], []],
        }),
        features: Promise.resolve(features),
      }),
    };
    const { infer, heard, stop } = start(models, { analyser: twoWindows });
    infer.hear({ sensor, waveform: block(1, { samples: new Float32Array(8) }), shaftHz: 0 });
    await settle();
    runs[0]?.answer();
    await settle();
    expect(heard[0]?.heard.windows.map(({ frame }) => frame)).toEqual(["s|5008000|0", "s|5008000|1"]);
    await stop();
    const deaf = Promise.withResolvers<PreparedBlock>();
    const slow = start(models, {
      analyser: {
        ...analyser,
        analyse: () => ({ prepared: deaf.promise, features: Promise.resolve(undefined) }),
      },
    });
    slow.infer.hear({ sensor, waveform: block(2), shaftHz: 0 });
    await settle();
    expect(runs[1]?.batch.map(({ frame }) => frame)).toEqual(["s|5004000|0"]);
    runs[1]?.answer();
    deaf.resolve({ sensorState: "flat", windows: [], augmented: [] });
    await settle();
    expect(slow.heard[0]?.heard).toMatchObject({ sensorState: "flat", windows: [] });
    await slow.stop();
  });

  it("runs a lone frame at once and what gathered meanwhile as one batch, delivering in order", async () => {
    const { models, runs } = slowModels();
    const { infer, heard, stop } = start(models);
    for (const sequence of [1, 2, 3, 4]) infer.hear({ sensor, waveform: block(sequence), shaftHz: 0 });
    await settle();
    expect(runs.map((run) => run.batch.length)).toEqual([1]);
    runs[0]?.answer();
    await settle();
    expect(runs.map((run) => run.batch.length)).toEqual([1, 3]);
    runs[1]?.answer();
    await settle();
    expect(heard.map((one) => one.heard.block.waveform.sequence)).toEqual([1, 2, 3, 4]);
    await stop();
  });

  it("gives up the oldest blocks when the model cannot keep up, and counts them", async () => {
    const { models, runs } = slowModels();
    const { infer, heard, events, stop } = start(models, { policy: { queueBlocks: 2, batchFrames: 8 } });
    for (let sequence = 1; sequence <= 30; sequence += 1) {
      infer.hear({ sensor, waveform: block(sequence), shaftHz: 0 });
      await settle();
    }
    for (let i = 0; i < 20; i += 1) {
      runs[i]?.answer();
      await settle();
    }
    const sequences = heard.map((one) => one.heard.block.waveform.sequence);
    const lost = events.filter((event) => event.kind === "dropped").length;
    expect(lost).toBeGreaterThan(0);
    expect(sequences.length + lost).toBe(30);
    expect(sequences.slice(-2)).toEqual([29, 30]);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    await stop();
  });

  it("passes a block of bad quality on without scoring it", async () => {
    const { models, runs } = slowModels();
    const { infer, heard, stop } = start(models);
    infer.hear({ sensor, waveform: block(1, { status: StatusCode.BadDeviceFailure }), shaftHz: 0 });
    await settle();
    expect(runs).toEqual([]);
    expect(heard[0]?.heard.sensorState).toBe("bad-quality");
    await stop();
  });

  it("tells a block that cannot be scored with its features, in its place, and goes on with the next", async () => {
    const { models, runs } = slowModels();
    const { infer, heard, errors, said, events, stop } = start(models);
    infer.hear({ sensor, waveform: block(1), shaftHz: 0 });
    await settle();
    for (const sequence of [2, 3, 4]) infer.hear({ sensor, waveform: block(sequence), shaftHz: 0 });
    await settle();
    runs[0]?.answer(new Error("model broke"));
    await settle();
    runs[1]?.answer(new Error("model broke"));
    await settle();
    infer.hear({ sensor, waveform: block(5), shaftHz: 0 });
    await settle();
    runs[2]?.answer();
    await settle();
    expect(heard.map((one) => one.heard.block.waveform.sequence)).toEqual([1, 2, 3, 4, 5]);
    expect(heard[0]).toMatchObject({ heard: { sensorState: "valid", windows: [] }, features });
    expect(heard.map((one) => one.heard.windows.length)).toEqual([0, 0, 0, 0, 1]);
    expect(events.filter(({ kind }) => kind === "dropped")).toEqual(
      new Array(4).fill({ kind: "dropped", queue: "failed-frames", count: 1 }),
    );
    // Once for all that fail in a row.
    expect(errors).toEqual(["a waveform could not be scored"]);
    expect(said).toEqual(["waveforms are scored again"]);
    await stop();
  });

  it("counts a block that cannot be analysed, says so, and goes on with the next", async () => {
    const broken: Analyser = {
      ...analyser,
      analyse: (request, signal) =>
        request.samples[0] === 1
          ? { prepared: Promise.reject(new Error("broke")), features: Promise.resolve(undefined) }
          : analyser.analyse(request, signal),
    };
    const { infer, heard, errors, events, stop } = start(
      modelsThat(async (batch) => batch.map(scoreOf)),
      {
        analyser: broken,
      },
    );
    for (const sequence of [1, 2]) infer.hear({ sensor, waveform: block(sequence), shaftHz: 0 });
    await settle();
    expect(heard.map((one) => one.heard.block.waveform.sequence)).toEqual([2]);
    expect(events).toContainEqual({ kind: "dropped", queue: "failed-frames", count: 1 });
    expect(errors).toEqual(["a waveform could not be judged"]);
    await stop();
  });

  it("tells a score without features where only those fail", async () => {
    const featureless: Analyser = {
      ...analyser,
      analyse: (request, signal) => ({
        prepared: analyser.analyse(request, signal).prepared,
        features: Promise.reject(new Error("broke")),
      }),
    };
    const { infer, heard, errors, stop } = start(
      modelsThat(async (batch) => batch.map(scoreOf)),
      {
        analyser: featureless,
      },
    );
    infer.hear({ sensor, waveform: block(1), shaftHz: 0 });
    await settle();
    expect(heard[0]?.features).toBeUndefined();
    expect(heard[0]?.heard.windows).toHaveLength(1);
    expect(errors).toEqual(["a waveform has no features"]);
    await stop();
  });

  it("waits for no run that hangs while the models are known to fail, and asks again when it has ended", async () => {
    const { models, runs } = slowModels();
    let isDegraded = false;
    const { infer, heard, clock, stop } = start(models, { isDegraded: () => isDegraded });
    const hear = async (sequence: number) => {
      infer.hear({ sensor, waveform: block(sequence), shaftHz: 0 });
      await settle();
    };
    const told = () => heard.map((one) => one.heard.block.waveform.sequence);
    await hear(1);
    await clock.advance(5000);
    await hear(2);
    // A healthy model may take as long as it needs.
    expect(told()).toEqual([]);
    isDegraded = true;
    await clock.advance(500);
    await hear(3);
    // The first is given up; the second was asked half a second ago, and the third not at all.
    expect(told()).toEqual([1]);
    await clock.advance(500);
    await hear(4);
    expect(told()).toEqual([1, 2, 3, 4]);
    expect(runs).toHaveLength(1);
    runs[0]?.answer(new Error("given up"));
    await settle();
    expect(runs.map(({ batch }) => batch.map(({ samples }) => samples[0]))).toEqual([[1], [2]]);
    runs[1]?.answer();
    await settle();
    await hear(5);
    runs[2]?.answer();
    await settle();
    expect(told()).toEqual([1, 2, 3, 4, 5]);
    expect(heard.map((one) => one.heard.windows.length)).toEqual([0, 0, 0, 0, 1]);
    await stop();
  });

  it("refuses to believe models that give fewer scores than frames", async () => {
    const { infer, errors, stop } = start(modelsThat(async () => []));
    infer.hear({ sensor, waveform: block(1), shaftHz: 0 });
    await settle();
    expect(errors).toHaveLength(1);
    await stop();
  });

  it("ends when told to, without a word about what was under way", async () => {
    const { models, runs } = slowModels();
    const { infer, heard, errors, stop } = start(models);
    infer.hear({
      sensor: {
        ...sensor,
        bearing: { name: "b", rollers: 9, diameterRatio: 0.2, contactAngleDeg: 0 },
        toMetresPerSecondSquared: 9.8,
      },
      waveform: block(1),
      shaftHz: 0,
    });
    await settle();
    const stopped = stop();
    runs[0]?.answer(new Error("called off"));
    await stopped;
    expect(heard).toEqual([]);
    expect(errors).toEqual([]);
  });
});
