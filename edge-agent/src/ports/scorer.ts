import type { ModelVersion, Role } from "../core/model.ts";
import type { InstalledModel } from "./model-store.ts";

/** What a consumer must know of a model: from its manifest, checked against the file. */
export interface ModelContract extends ModelVersion {
  /** sha256 of what is done to a window before the network sees it: baselines of another one mean nothing here. */
  readonly preprocessing: string;
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
  /** Names the frame where a challenger may hear it too; absent: the champion's alone. */
  readonly frame?: string;
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

/** What a model said, and which. */
export interface ServedScore extends RawScore {
  readonly by: ModelContract;
  readonly role: Role;
  /** What both said of this frame, where both were asked; it may come later than the score. Never rejects. */
  readonly pair?: Promise<ScorePair | undefined>;
}

export interface ScorePair {
  readonly champion: TimedScore;
  readonly challenger: TimedScore | { readonly failure: string };
  readonly first: Role;
  readonly acted: Role;
}

export interface TimedScore {
  readonly raw: RawScore;
  readonly by: ModelContract;
  /** The run's time over the frames of its batch. */
  readonly ms: number;
}

/** A version in memory, in a thread of its own. */
export interface LoadedModel extends Scorer {
  readonly installed: InstalledModel;
  /** Runs the package's golden vectors and compares.
   *  @throws EdgeError MODEL_CONTRACT when what comes out is not what the package says */
  warm(signal: AbortSignal): Promise<void>;
  /** The labelled set of the package; none where it has none. */
  goldenFrames(signal: AbortSignal): Promise<readonly GoldenFrame[]>;
}

export interface GoldenFrame extends ScoreRequest {
  readonly name: string;
  readonly isAnomalous: boolean;
}

/** @throws EdgeError MODEL_CONTRACT, SCORER_FAILED */
export type LoadModel = (installed: InstalledModel, signal: AbortSignal) => Promise<LoadedModel>;

/** How frames reach a challenger. Shadow: it hears the share, and acts on nothing. Canary: it acts on the share; the
 *  champion hears those frames as well, up to a share of 1, where the challenger is alone. */
export interface Route {
  readonly kind: "canary" | "shadow";
  readonly share: number;
  /** Id of the trial: frames are drawn by the hash of both. */
  readonly trial: string;
}

/** Serves frames from the champion, and from a challenger beside it. No frame is lost, doubled or reordered by a change
 *  of models: a run that began ends with the model that it began with. */
export interface ModelServer {
  readonly champion: LoadedModel;
  readonly challenger: LoadedModel | undefined;
  /** In the order of the requests. A challenger that fails is stood in for by the champion.
   *  @throws EdgeError SCORER_FAILED when the champion could not be run either */
  score(batch: readonly ScoreRequest[], signal: AbortSignal): Promise<readonly ServedScore[]>;
  setChallenger(model: LoadedModel, route: Route): void;
  /** Drains and closes it. */
  dropChallenger(): Promise<void>;
  /** The challenger becomes the champion at once; the old one drains and is closed. */
  promote(): Promise<void>;
  close(): Promise<void>;
}

/** Runs one model. Frames are independent of each other. */
export interface Scorer {
  readonly contract: ModelContract;
  /** Scores in the order of the requests.
   *  @throws EdgeError SCORER_FAILED when the model could not be run, also after one retry */
  score(batch: readonly ScoreRequest[], signal: AbortSignal): Promise<readonly RawScore[]>;
  close(): Promise<void>;
}
