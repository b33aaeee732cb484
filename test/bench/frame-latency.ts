import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { createLogger } from "../../edge-agent/src/adapters/node/logger.ts";
import { openModelFolder } from "../../edge-agent/src/adapters/onnx/loader.ts";
import { createAnalyser } from "../../edge-agent/src/adapters/signal/analyser.ts";
import type { Sensor } from "../../edge-agent/src/core/machine.ts";
import { createInfer, type Heard } from "../../edge-agent/src/flow/infer.ts";
import { createModelServer } from "../../edge-agent/src/flow/serve-models.ts";
import type { ModelServer } from "../../edge-agent/src/ports/scorer.ts";
import { createVibration } from "../plant/vibration.ts";
import { type Bench, median, quantile, type Report } from "./harness.ts";
import { startLoad } from "./load.ts";

const root = join(import.meta.dirname, "../..");
const modelFolder = join(root, "models/artifacts/listener/0.1.0");
const int8File = join(modelFolder, "model.int8.onnx");
const twinFile = join(root, "models/.work/float-twin.onnx");

const TURNS = 8;
const TURN_FRAMES = 60;
const SETTLE_FRAMES = 10;
const SATURATED_MS = 6000;
const LOADED_FRAMES = 400;
const threads = Math.max(1, availableParallelism() - 2);

const sound = createVibration({
  seed: 1,
  sampleRateHz: 12_000,
  shaftHz: 25,
  faultOrder: 3.58,
  isFaultModulated: false,
});
const blocks = Array.from({ length: 16 }, () => sound.next(8192, 0.3));
const block = (i: number): Float32Array => blocks[i % blocks.length] ?? new Float32Array(8192);

const sensor: Sensor = {
  id: "bench",
  machine: "bench",
  name: "drive end",
  waveform: 0,
  unit: "m/s2",
  toMetresPerSecondSquared: 1,
  bearing: { name: "6205", rollers: 9, diameterRatio: 0.2043, contactAngleDeg: 0 },
};

type BareRun = (samples: Float32Array) => Promise<void>;

/** The model alone, as its own library runs it, on the same number of threads. */
async function openBare(file: string): Promise<BareRun> {
  const session = await InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
  const healthy = new Float32Array(8192);
  return async (samples) => {
    await session.run({
      waveform: new Tensor("float32", samples, [1, 1, 8192]),
      sample_rate_hz: new Tensor("float32", Float32Array.of(12_000), [1]),
      shaft_hz: new Tensor("float32", Float32Array.of(25), [1]),
      healthy_frame: new Tensor("float32", healthy, [1, 2, 32, 128]),
    });
  };
}

/** The agent's way from a waveform to a score and its features. */
function startAgentPath(models: ModelServer) {
  const deps = { clock: createSystemClock(), logger: createLogger("warn", true), telemetry: { emit() {} } };
  const analyser = createAnalyser(deps);
  const healthyFrame = new Float32Array(8192);
  const waiting: ((heard: Heard) => void)[] = [];
  const infer = createInfer({
    ...deps,
    analyser,
    models,
    listeningFor: () => ({ knowledge: { kind: "none" }, healthyFrame, augmentSeeds: [] }),
    onHeard: (heard) => waiting.shift()?.(heard),
    isDegraded: () => false,
  });
  const stop = new AbortController();
  const done = infer.run(stop.signal);
  let sequence = 0;
  return {
    hear(samples: Float32Array): Promise<Heard> {
      sequence += 1;
      const waveform = {
        tag: 0,
        sampleRateHz: 12_000,
        firstSampleTimeUs: 0,
        sequence,
        missed: 0,
        status: 0,
        samples,
      };
      const heard = new Promise<Heard>((resolve) => waiting.push(resolve));
      infer.hear({ sensor, waveform, shaftHz: 25 });
      return heard;
    },
    async close() {
      stop.abort(new Error("done"));
      await done;
      await analyser.close();
    },
  };
}

type AgentPath = ReturnType<typeof startAgentPath>;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** One frame after the other, in turns of many frames: both meet the same disturbances of the machine, and neither
 *  pays for the other's model having just swept the caches. */
async function oneByOne(bare: BareRun, agent: AgentPath) {
  const bareMs: number[] = [];
  const agentMs: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (let i = 0; i < TURN_FRAMES; i += 1) {
      const ms = await timed(() => bare(block(i)));
      if (i >= SETTLE_FRAMES) bareMs.push(ms);
    }
    for (let i = 0; i < TURN_FRAMES; i += 1) {
      const { latencyMs } = await agent.hear(block(i));
      if (i >= SETTLE_FRAMES) agentMs.push(latencyMs);
    }
  }
  return { bareMs, agentMs };
}

/** Frames a second when there is always another one. */
async function saturate(bare: BareRun, agent: AgentPath) {
  const bareStart = performance.now();
  let bareFrames = 0;
  while (performance.now() - bareStart < SATURATED_MS) await bare(block(bareFrames++));
  const bareRate = bareFrames / (performance.now() - bareStart);
  const start = performance.now();
  let frames = 0;
  const feed = async () => {
    while (performance.now() - start < SATURATED_MS) await agent.hear(block(frames++));
  };
  await Promise.all(Array.from({ length: 16 }, feed));
  return frames / (performance.now() - start) / bareRate;
}

async function underLoad(agent: AgentPath, report: Report): Promise<number> {
  const load = await startLoad();
  report(
    `acquisition runs at ${Math.round(load.valuesPerSecond()).toLocaleString("en")} values/s with history on`,
  );
  const latencies: number[] = [];
  for (let i = 0; i < LOADED_FRAMES; i += 1) {
    latencies.push((await agent.hear(block(i))).latencyMs);
    // 20 frames a second: a plant of 20 sensors at one window a second.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 50 - (latencies.at(-1) ?? 0))));
  }
  await load.stop();
  return quantile(latencies, 0.99);
}

/** The same network with its weights made float again; built once by the model pipeline's Python. */
function ensureFloatTwin(report: Report): void {
  report("making the FP32 twin of the packaged model ...");
  const python = join(root, "models/.venv/bin/python");
  if (!existsSync(python)) spawnSync(join(root, "models/setup.sh"), { stdio: ["ignore", 2, 2] });
  const made = spawnSync(python, ["-m", "pipeline", "twin"], {
    cwd: join(root, "models"),
    stdio: ["ignore", 2, 2],
  });
  if (made.status !== 0)
    throw new Error("the FP32 twin could not be made; run `npm run models -- --help` to see what is missing");
}

async function int8Speedup(bare: BareRun): Promise<number> {
  const float = await openBare(twinFile);
  const ratios: number[] = [];
  for (let i = 0; i < 120; i += 1) {
    const int8 = await timed(() => bare(block(i)));
    ratios.push((await timed(() => float(block(i)))) / int8);
  }
  return median(ratios.slice(20));
}

export const frameLatency: Bench = {
  name: "frame-latency",
  explains:
    "waveform in -> score out through the agent (worker hop, queue, window, features beside) against a bare session.run " +
    "of the same model on the same threads; the saturated agent against the saturated model; INT8 against its FP32 twin; " +
    "p99 while acquisition with history runs flat out",
  async run(report) {
    ensureFloatTwin(report);
    const bare = await openBare(int8File);
    const deps = { clock: createSystemClock(), logger: createLogger("warn", true), telemetry: { emit() {} } };
    const champion = await openModelFolder(modelFolder, { threads }, deps, new AbortController().signal);
    const models = createModelServer({ ...deps, champion });
    const agent = startAgentPath(models);
    report("one frame at a time ...");
    const { bareMs, agentMs } = await oneByOne(bare, agent);
    report("saturated ...");
    const framesPerSecondRatio = await saturate(bare, agent);
    report("INT8 against FP32 ...");
    const speedup = await int8Speedup(bare);
    const p99Ms = await underLoad(agent, report);
    await agent.close();
    await models.close();
    return {
      bareP50Ms: median(bareMs),
      agentP50Ms: median(agentMs),
      p50Ratio: median(agentMs) / median(bareMs),
      p99Ms,
      int8Speedup: speedup,
      framesPerSecondRatio,
    };
  },
};
