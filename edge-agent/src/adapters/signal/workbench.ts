import { augment } from "../../core/augment.ts";
import { createFeatureExtractor, type FeatureExtractor, LEAST_FEATURE_SAMPLES } from "../../core/features.ts";
import { createResampler, type Resampler } from "../../core/resample.ts";
import type { Features } from "../../core/score.ts";
import { sensorStateOf } from "../../core/validity.ts";
import { slide } from "../../core/window.ts";
import type { AnalysisRequest, PreparedBlock } from "../../ports/analyser.ts";
import { createFft } from "./fft.ts";

/** What the worker does with a block. Filters, tables and scratch arrays are kept between blocks. */
export interface Workbench {
  prepare(request: AnalysisRequest): PreparedBlock;
  /** Undefined where the sensor is not valid, or the block too short to say anything. */
  features(request: AnalysisRequest, prepared: PreparedBlock): Features | undefined;
}

/** Kinds of blocks (rate and length) that are kept ready; a plant has a handful. */
const MOST_KINDS = 16;
/** Parts the seeds of neighbouring windows: 2^32 over the golden ratio. */
const SEED_STEP = 0x9e3779b9;

export function createWorkbench(): Workbench {
  const resamplers = createShelf<Resampler>(MOST_KINDS);
  const extractors = createShelf<FeatureExtractor>(MOST_KINDS);
  let scratch = new Float32Array();

  function atModelRate({ samples, sampleRateHz, modelRateHz }: AnalysisRequest): Float32Array {
    if (sampleRateHz === modelRateHz) return samples;
    const resampler = resamplers.get(`${sampleRateHz}:${modelRateHz}`, () =>
      createResampler(sampleRateHz, modelRateHz),
    );
    const length = resampler.outputLength(samples.length);
    if (scratch.length !== length) scratch = new Float32Array(length);
    resampler.run(samples, scratch);
    return scratch;
  }

  return {
    prepare(request) {
      const sensorState = sensorStateOf(request.samples);
      if (sensorState !== "valid") return { sensorState, windows: [], augmented: [] };
      const windows = [...slide(atModelRate(request), request.windowSamples, request.hopSamples)];
      const augmented = windows.map((window, i) =>
        request.augmentSeeds.map((seed) => augment(window, seed + i * SEED_STEP)),
      );
      return { sensorState, windows, augmented };
    },
    features(request, { sensorState }) {
      const { samples, sampleRateHz } = request;
      if (sensorState !== "valid" || samples.length < LEAST_FEATURE_SAMPLES) return undefined;
      return extractors
        .get(`${samples.length}:${sampleRateHz}`, () =>
          createFeatureExtractor(createFft, samples.length, sampleRateHz),
        )
        .extract(samples, request);
    },
  };
}

/** Things that are dear to make, by name; the one that was not used for longest makes room. */
function createShelf<T>(most: number) {
  const things = new Map<string, T>();
  return {
    get(name: string, make: () => T): T {
      const thing = things.get(name) ?? make();
      // A map remembers the order of insertion: the first is the least recently used.
      things.delete(name);
      things.set(name, thing);
      if (things.size > most) things.delete(things.keys().next().value ?? name);
      return thing;
    },
  };
}
