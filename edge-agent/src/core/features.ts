import { createEnvelopeAnalyser, type EnvelopeAnalyser } from "./envelope.ts";
import { findLines } from "./envelope-lines.ts";
import type { CreateFft } from "./fft.ts";
import type { BearingGeometry } from "./machine.ts";
import { momentsOf } from "./moments.ts";
import type { EnvelopeLine, Features } from "./score.ts";
import { createVelocityMeter, type VelocityMeter } from "./velocity.ts";

/** What is known of the block besides its samples. */
interface FeatureContext {
  /** 0 where unknown: then no lines are looked for. */
  readonly shaftHz: number;
  readonly bearing?: BearingGeometry;
  /** Multiplies samples into m/s2; absent where the unit is no acceleration. */
  readonly toMetresPerSecondSquared?: number;
}

/** Computes the features of blocks of one length and rate; keeps its arrays, so it serves one block at a time. */
export interface FeatureExtractor {
  extract(samples: Float32Array, context: FeatureContext): Features;
}

/** Shorter blocks resolve neither 10 Hz nor a bearing line. */
export const LEAST_FEATURE_SAMPLES = 256;

/** @param length samples a block has
 *  @throws RangeError on blocks of fewer than 256 samples */
export function createFeatureExtractor(
  createFft: CreateFft,
  length: number,
  sampleRateHz: number,
): FeatureExtractor {
  if (length < LEAST_FEATURE_SAMPLES) throw new RangeError(`${length} samples are too few for features`);
  // Sensors without acceleration unit or bearing never pay for the tables.
  let velocity: VelocityMeter | undefined;
  let envelope: EnvelopeAnalyser | undefined;

  function velocityRms(samples: Float32Array, mean: number, context: FeatureContext): number | undefined {
    if (context.toMetresPerSecondSquared === undefined) return undefined;
    velocity ??= createVelocityMeter(createFft, length, sampleRateHz);
    return velocity.measure(samples, mean) * Math.abs(context.toMetresPerSecondSquared);
  }

  function lines(samples: Float32Array, mean: number, context: FeatureContext): readonly EnvelopeLine[] {
    if (context.bearing === undefined || !(context.shaftHz > 0)) return [];
    envelope ??= createEnvelopeAnalyser(createFft, length, sampleRateHz);
    return findLines(envelope.analyse(samples, mean), context.bearing, context.shaftHz);
  }

  return {
    extract(samples, context) {
      const { mean, rms, peak, crest, kurtosis, skewness } = momentsOf(samples);
      const speed = velocityRms(samples, mean, context);
      return {
        rms,
        peak,
        crest,
        kurtosis,
        skewness,
        ...(speed === undefined ? {} : { velocityRms: speed }),
        lines: lines(samples, mean, context),
      };
    },
  };
}
