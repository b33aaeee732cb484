import type { Clock } from "@stethos/protocol-finger/clock";
import type { Knowledge } from "../core/baseline.ts";
import type { Sensor } from "../core/machine.ts";
import { isUsable } from "../core/quality.ts";
import type { Features, SensorState } from "../core/score.ts";
import type { TimeUs } from "../core/time.ts";
import type { Waveform } from "../core/waveform.ts";
import { createBoundedQueue } from "../lib/bounded-queue.ts";
import type { Analyser, PreparedBlock } from "../ports/analyser.ts";
import type { Logger } from "../ports/logger.ts";
import type { ModelContract, ModelServer } from "../ports/scorer.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { createFrameBatcher } from "./batch-frames.ts";
import { type Answer, createAsker } from "./infer-ask.ts";
import { framesOf, type WindowHeard } from "./infer-frames.ts";
import { createInferTeller } from "./infer-teller.ts";

/** A block on its way to the model. */
export interface Block {
  readonly sensor: Sensor;
  readonly waveform: Waveform;
  /** 0 where unknown. */
  readonly shaftHz: number;
}

/** What the analyser and the models say of one block. */
export interface Heard {
  readonly block: Block;
  /** What was known of the sensor at this speed when it was scored. */
  readonly knowledge: Knowledge;
  /** The healthy machine's mean frame, as the models were given it. */
  readonly healthyFrame?: Float32Array;
  readonly sensorState: SensorState;
  /** Of each window; none unless the sensor is valid, nor where the models could not be run, also not at a second attempt:
   *  then its features are all that is known of the block. */
  readonly windows: readonly WindowHeard[];
  readonly endUs: TimeUs;
  readonly latencyMs: number;
}

type QueuedBlock = Block & { readonly heardAtMs: number };

interface Worked {
  readonly heard: Heard;
  readonly features: Promise<Features | undefined>;
  readonly failure?: Extract<Answer, { readonly kind: "failed" }>;
}

export interface InferDeps {
  readonly analyser: Analyser;
  readonly models: ModelServer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** What the sensor's baseline asks for at this speed. */
  listeningFor(
    sensor: Sensor,
    shaftHz: number,
  ): {
    readonly knowledge: Knowledge;
    readonly healthyFrame?: Float32Array;
    readonly augmentSeeds: readonly number[];
  };
  /** The models are known to fail: nothing waits for them. */
  isDegraded(): boolean;
  /** Called once for each block that the analyser could read, in their order. */
  onHeard(heard: Heard, features: Features | undefined): void;
}

export interface InferPolicy {
  /** Blocks that may wait; the oldest gives way. */
  readonly queueBlocks: number;
  readonly batchFrames: number;
  /** Models that are known to fail are waited for so long at most. */
  readonly patienceMs: number;
}

export const defaultInferPolicy: InferPolicy = { queueBlocks: 64, batchFrames: 4, patienceMs: 1000 };

// Enough to keep the analyser, the model and the bookkeeping busy at the same time.
const IN_FLIGHT = 16;

export interface Infer {
  hear(block: Block): void;
  /** Works until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Waveform blocks in, scores out, in order, never blocking the event loop. */
export function createInfer(deps: InferDeps, policy: InferPolicy = defaultInferPolicy): Infer {
  const { clock, telemetry } = deps;
  const batcher = createFrameBatcher(deps.models, policy.batchFrames);
  const asker = createAsker({ ...deps, batcher }, policy.patienceMs);
  const teller = createInferTeller(deps);
  const queue = createBoundedQueue<QueuedBlock>(policy.queueBlocks, () =>
    telemetry.emit({ kind: "dropped", queue: "frames", count: 1 }),
  );

  function analyse(
    { waveform, sensor, shaftHz }: Block,
    augmentSeeds: readonly number[],
    signal: AbortSignal,
  ) {
    const { contract } = deps.models.champion;
    return deps.analyser.analyse(
      {
        samples: waveform.samples,
        sampleRateHz: waveform.sampleRateHz,
        shaftHz,
        ...(sensor.bearing && { bearing: sensor.bearing }),
        ...(sensor.toMetresPerSecondSquared !== undefined && {
          toMetresPerSecondSquared: sensor.toMetresPerSecondSquared,
        }),
        modelRateHz: contract.sampleRateHz,
        windowSamples: contract.windowSamples,
        hopSamples: contract.hopSamples,
        augmentSeeds,
      },
      signal,
    );
  }

  async function work(block: QueuedBlock, signal: AbortSignal): Promise<Worked> {
    const { waveform, sensor, shaftHz } = block;
    const endUs = waveform.firstSampleTimeUs + (waveform.samples.length / waveform.sampleRateHz) * 1e6;
    const { knowledge, healthyFrame, augmentSeeds } = deps.listeningFor(sensor, shaftHz);
    const about = { block, knowledge, endUs, ...(healthyFrame && { healthyFrame }) };
    if (!isUsable(waveform.status)) {
      return {
        heard: { ...about, sensorState: "bad-quality", windows: [], latencyMs: 0 },
        features: Promise.resolve(undefined),
      };
    }
    const { prepared, features } = analyse(block, augmentSeeds, signal);
    const common = { shaftHz, ...(healthyFrame && { healthyFrame }) };
    const cut = (windows: readonly Float32Array[], augmented: PreparedBlock["augmented"]) =>
      framesOf({ sensor: sensor.id, endUs, windows, augmented }, common);
    // A block that is the model's window already need not wait until it has been looked at; the model hears it at the
    // same time, and what it says is dropped should the sensor turn out to be deaf.
    const isOneWindow = augmentSeeds.length === 0 && isWindow(waveform, deps.models.champion.contract);
    const ahead = isOneWindow ? asker.ask(cut([waveform.samples], []).requests, signal) : undefined;
    const { sensorState, windows, augmented } = await prepared;
    const frames = cut(windows, augmented);
    const answer = windows.length === 0 ? NOT_ASKED : await (ahead ?? asker.ask(frames.requests, signal));
    const latencyMs = clock.monotonicMs() - block.heardAtMs;
    const heard = { ...about, sensorState, latencyMs };
    if (answer.kind === "failed") {
      return { heard: { ...heard, windows: [] }, features, failure: answer };
    }
    telemetry.emit({ kind: "scored", frames: windows.length, latencyMs });
    return { heard: { ...heard, windows: frames.regroup(answer.scores) }, features };
  }

  async function deliver(worked: Promise<Worked>, signal: AbortSignal): Promise<void> {
    try {
      const { heard, features, failure } = await worked;
      const known = await featuresOf(features, signal);
      if (failure === undefined) teller.scored(heard.windows.length);
      else if (signal.aborted) return;
      else teller.unscored(failure.cause);
      deps.onHeard(heard, known);
    } catch (thrown) {
      if (signal.aborted) return;
      teller.unread(thrown);
    }
  }

  /** A score is worth having without them. */
  async function featuresOf(features: Promise<Features | undefined>, signal: AbortSignal) {
    try {
      return await features;
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      teller.featureless(thrown);
      return undefined;
    }
  }

  return {
    hear(block) {
      asker.giveUpLate();
      queue.push({ ...block, heardAtMs: clock.monotonicMs() });
    },
    async run(signal) {
      const onAbort = () => queue.close();
      signal.addEventListener("abort", onAbort, { once: true });
      let delivered = Promise.resolve();
      const inFlight: Promise<void>[] = [];
      for await (const block of queue) {
        if (signal.aborted) break;
        const worked = work(block, signal);
        // Delivery waits for the block before; until then a failure here must not count as unhandled.
        worked.catch(() => undefined);
        delivered = delivered.then(() => deliver(worked, signal));
        inFlight.push(delivered);
        if (inFlight.length >= IN_FLIGHT) await inFlight.shift();
      }
      await delivered;
      signal.removeEventListener("abort", onAbort);
    },
  };
}

/** A deaf sensor has no windows. */
const NOT_ASKED: Answer = { kind: "scores", scores: [] };

const isWindow = (waveform: Waveform, contract: ModelContract): boolean =>
  waveform.sampleRateHz === contract.sampleRateHz && waveform.samples.length === contract.windowSamples;
