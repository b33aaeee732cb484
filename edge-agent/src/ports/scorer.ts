/** What a consumer must know of a model: from its manifest, checked against the file. */
export interface ModelContract {
  readonly name: string;
  readonly version: string;
  readonly classes: readonly string[];
  readonly sampleRateHz: number;
  readonly windowSamples: number;
  readonly hopSamples: number;
  /** Values of one frame and of its spectrum. */
  readonly frameLength: number;
  readonly spectrumLength: number;
  /** 1 - P(healthy) above this is the network's vote. */
  readonly anomalyThreshold: number;
}

export interface ScoreRequest {
  /** `windowSamples` values at the model's rate. */
  readonly samples: Float32Array;
  readonly shaftHz: number;
  /** Mean frame of the healthy machine, `frameLength` values; absent while it is being learnt. */
  readonly healthyFrame?: Float32Array;
}

export interface RawScore {
  /** Softmax over the classes. */
  readonly probabilities: Float32Array;
  readonly embedding: Float32Array;
  readonly frame: Float32Array;
  readonly spectrum: Float32Array;
}

/** Runs one model. Frames are independent of each other. */
export interface Scorer {
  readonly contract: ModelContract;
  /** Scores in the order of the requests.
   *  @throws EdgeError SCORER_FAILED when the model could not be run, also after one retry */
  score(batch: readonly ScoreRequest[], signal: AbortSignal): Promise<readonly RawScore[]>;
  close(): Promise<void>;
}
