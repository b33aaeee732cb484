import type { Knowledge } from "../core/baseline.ts";
import type { Sensor } from "../core/machine.ts";
import type { Features, SensorState } from "../core/score.ts";
import type { TimeUs } from "../core/time.ts";
import type { Waveform } from "../core/waveform.ts";
import type { Analyser } from "../ports/analyser.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { RawScore, Scorer } from "../ports/scorer.ts";
import type { Telemetry } from "../ports/telemetry.ts";
/** A block on its way to the model. */
export interface Block {
  readonly sensor: Sensor;
  readonly waveform: Waveform;
  /** 0 where unknown. */
  readonly shaftHz: number;
}
/** What the analyser and the model say of one block. */
export interface Heard {
  readonly block: Block;
  /** What was known of the sensor at this speed when it was scored. */
  readonly knowledge: Knowledge;
  readonly sensorState: SensorState;
  /** Of each window; none unless the sensor is valid. */
  readonly windows: readonly {
    readonly score: RawScore;
    readonly augmented: readonly RawScore[];
  }[];
  readonly endUs: TimeUs;
  readonly latencyMs: number;
}
export interface InferDeps {
  readonly analyser: Analyser;
  readonly scorer: Scorer;
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
  /** Called in the order of the blocks; the features follow when they are ready. */
  onHeard(heard: Heard, features: Features | undefined): void;
}
export interface InferPolicy {
  /** Blocks that may wait; the oldest gives way. */
  readonly queueBlocks: number;
  readonly batchFrames: number;
}
export declare const defaultInferPolicy: InferPolicy;
export interface Infer {
  hear(block: Block): void;
  /** Works until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}
/** Waveform blocks in, scores out, in order, never blocking the event loop. */
export declare function createInfer(deps: InferDeps, policy?: InferPolicy): Infer;
