import type { BearingGeometry } from "../core/machine.ts";
import type { Features, SensorState } from "../core/score.ts";

/** A waveform block in engineering units, to be looked at. The analyser only reads `samples`. */
export interface AnalysisRequest {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
  /** 0 where unknown. */
  readonly shaftHz: number;
  readonly bearing?: BearingGeometry;
  readonly toMetresPerSecondSquared?: number;
  /** The model's sample rate, window and hop. */
  readonly modelRateHz: number;
  readonly windowSamples: number;
  readonly hopSamples: number;
  /** Copies with changed gain and added noise are wanted too (while a baseline is learnt): one seed a copy. */
  readonly augmentSeeds: readonly number[];
}

export interface PreparedBlock {
  readonly sensorState: SensorState;
  /** Windows at the model's rate; none unless the sensor is valid and the block long enough. */
  readonly windows: readonly Float32Array[];
  /** For each window, one augmented copy a seed: [window][seed]. */
  readonly augmented: readonly (readonly Float32Array[])[];
}

/** Looks at blocks off the event loop. `windows` comes first, so that the model need not wait for the features. */
export interface Analyser {
  analyse(
    request: AnalysisRequest,
    signal: AbortSignal,
  ): { readonly prepared: Promise<PreparedBlock>; readonly features: Promise<Features | undefined> };
  close(): Promise<void>;
}
