import { setTimeout as delay } from "node:timers/promises";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createLogger } from "../../../edge-agent/src/adapters/node/logger.ts";
import { createAnalyser } from "../../../edge-agent/src/adapters/signal/analyser.ts";
import type { Sensor } from "../../../edge-agent/src/core/machine.ts";
import { createInfer, defaultInferPolicy, type Heard } from "../../../edge-agent/src/flow/infer.ts";
import type { ModelServer } from "../../../edge-agent/src/ports/scorer.ts";
import { createVibration } from "../../plant/vibration.ts";

const SENSORS = 20;
const BLOCK = 8192;
const RATE_HZ = 12_000;

const sensors: readonly Sensor[] = Array.from({ length: SENSORS }, (_, i) => ({
  id: `bench-${i}`,
  machine: `bench-${i}`,
  name: "drive end",
  waveform: i,
  unit: "m/s2",
  toMetresPerSecondSquared: 1,
  bearing: { name: "6205", rollers: 9, diameterRatio: 0.2043, contactAngleDeg: 0 },
}));

/** Blocks with a number each, on the agent's own way from a waveform to a score. */
export interface NumberedFrames {
  /** So many frames at an even pace; resolves when the last was heard, or none came for long. */
  play(count: number, perSecond: number): Promise<Segment>;
  /** What is wrong with the numbers heard so far. */
  wrong(): { readonly lost: number; readonly duplicated: number; readonly reordered: number };
  close(): Promise<void>;
}

export interface Segment {
  readonly latenciesMs: readonly number[];
  readonly heard: readonly Heard[];
}

const GIVE_UP_MS = 15_000;

export function startNumberedFrames(models: ModelServer): NumberedFrames {
  const sound = createVibration({
    seed: 1,
    sampleRateHz: RATE_HZ,
    shaftHz: 25,
    faultOrder: 3.58,
    isFaultModulated: false,
  });
  const blocks = Array.from({ length: 16 }, () => sound.next(BLOCK, 0.3));
  const deps = { clock: createSystemClock(), logger: createLogger("error", true), telemetry: { emit() {} } };
  const analyser = createAnalyser(deps);
  const healthyFrame = new Float32Array(BLOCK);
  const numbers: number[] = [];
  let segment: Heard[] = [];
  let sent = 0;
  const infer = createInfer(
    {
      ...deps,
      analyser,
      models,
      listeningFor: () => ({ knowledge: { kind: "none" }, healthyFrame, augmentSeeds: [] }),
      onHeard(heard) {
        numbers.push(heard.block.waveform.sequence);
        segment.push(heard);
      },
      isDegraded: () => false,
    },
    // On a machine that is busy with other work nothing gives way to newer frames: what is lost, a swap has lost.
    { ...defaultInferPolicy, queueBlocks: 4096 },
  );
  const stop = new AbortController();
  const done = infer.run(stop.signal);

  function hear(): void {
    const sensor = sensors[sent % SENSORS];
    const samples = blocks[sent % blocks.length];
    if (sensor === undefined || samples === undefined) return;
    const waveform = {
      tag: sensor.waveform,
      sampleRateHz: RATE_HZ,
      firstSampleTimeUs: Math.round((sent / SENSORS) * 1e6),
      sequence: sent,
      missed: 0,
      status: 0,
      samples,
    };
    sent += 1;
    infer.hear({ sensor, waveform, shaftHz: 25 });
  }

  return {
    async play(count, perSecond) {
      segment = [];
      const start = performance.now();
      for (let i = 0; i < count; i += 1) {
        const wait = start + (i * 1000) / perSecond - performance.now();
        if (wait > 0) await delay(wait);
        hear();
      }
      const last = performance.now();
      while (segment.length < count && performance.now() - last < GIVE_UP_MS) await delay(2);
      return { heard: segment, latenciesMs: segment.map(({ latencyMs }) => latencyMs) };
    },
    wrong() {
      const different = new Set(numbers).size;
      return {
        lost: sent - different,
        duplicated: numbers.length - different,
        reordered: numbers.filter((number, i) => number < (numbers[i - 1] ?? -1)).length,
      };
    },
    async close() {
      stop.abort(new Error("done"));
      await done;
      await analyser.close();
    },
  };
}
