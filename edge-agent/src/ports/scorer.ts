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
  /** Of its run over the frames of the batch, without the wait for a core; where the scorer can tell. */
  readonly runMs?: number;
}

/** What a model said, and which. */
export interface ServedScore extends RawScore {
  readonly by: ModelContract;
  readonly role: Role;
  /** What both said of this frame, where both were asked; it may come later than the score. Never rejects. */
  readonly pair?: Promise<ScorePair | undefined>;
}

/** What both models said of a frame. Both ran it in batches of the same frames, one after the other where the machine was
 *  not busy, so that their times can be compared. */
export interface ScorePair {
  readonly champion: TimedScore;
  readonly challenger: TimedScore | { readonly failure: string };
  readonly first: Role;
  readonly acted: Role;
}

export interface TimedScore {
  readonly raw: RawScore;
  readonly by: ModelContract;
  /** The run's time over the frames of its batch. What it waited for a core is left out where that is known: it tells of the
   *  machine, and of who went first, not of the model. */
  readonly ms: number;
}

/** A version in memory, in a thread of its own. */
export interface LoadedModel extends Scorer {
  readonly installed: InstalledModel;
  /** Runs the package's golden vectors and compares; the slow first runs are over then.
   *  @throws EdgeError MODEL_CONTRACT when what comes out is not what the package says */
  warm(signal: AbortSignal): Promise<void>;
  /** The labelled set of the package; none where it has none. */
  goldenFrames(signal: AbortSignal): Promise<readonly GoldenFrame[]>;
}

export interface GoldenFrame extends ScoreRequest {
  readonly name: string;
  readonly isAnomalous: boolean;
}

/** Loads a version whose bytes were checked, and holds its inputs and outputs against its manifest. Warm it before use.
 *  @throws EdgeError MODEL_MISSING, MODEL_CONTRACT, MODEL_TAMPERED, SCORER_FAILED */
export type LoadModel = (installed: InstalledModel, signal: AbortSignal) => Promise<LoadedModel>;

/** How frames reach a challenger. Shadow: it hears the share, and acts on nothing. Canary: it acts on the share; the
 *  champion hears those frames as well, up to a share of 1, where the challenger is alone. A frame has one place between
 *  0 and 1 in a trial: below `share` it is routed as `kind` says, from there to `hears` it is a frame of the shadow. */
export interface Route {
  readonly kind: "canary" | "shadow";
  readonly share: number;
  /** Of all frames that both models hear; absent or below `share`: only the share. */
  readonly hears?: number;
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
  /** From the next batch on. The same model again: only the route changes.
   *  @throws EdgeError MODEL_CONTRACT where it hears other windows than the champion, or prepares them otherwise */
  setChallenger(model: LoadedModel, route: Route): void;
  /** Out of use at once; resolves when it has drained and is closed. Nothing where there is none. */
  dropChallenger(): Promise<void>;
  /** The challenger becomes the champion at once; resolves when the old one has drained and is closed. */
  promote(): Promise<void>;
  /** Drains and closes both. */
  close(): Promise<void>;
}

/** Runs one model. Frames are independent of each other. */
export interface Scorer {
  readonly contract: ModelContract;
  /** Scores in the order of the requests.
   *  @throws EdgeError SCORER_FAILED when the model could not be run; the next run may well succeed */
  score(batch: readonly ScoreRequest[], signal: AbortSignal): Promise<readonly RawScore[]>;
  close(): Promise<void>;
}
