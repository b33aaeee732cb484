import type { TimeUs } from "./time.ts";

export type FaultClass = "healthy" | "inner-race" | "outer-race" | "ball" | "shaft";

/** What the sensor itself looks like: only "valid" is evidence about the machine. */
export type SensorState = "valid" | "flat" | "clipped" | "disconnected" | "bad-quality";

/** Level of one bearing line over its surroundings in the squared envelope spectrum. */
export interface EnvelopeLine {
  readonly name: "BPFO" | "BPFI" | "BSF" | "FTF";
  /** Where the peak stands, Hz, and where geometry says it should. */
  readonly foundHz: number;
  readonly expectedHz: number;
  /** Peak over local median, dB, best of three harmonics. */
  readonly prominenceDb: number;
}

/** What physics says of one window: the why beside the score. */
export interface Features {
  /** In the tag's unit. */
  readonly rms: number;
  readonly peak: number;
  readonly crest: number;
  /** Pearson's; 3 for a Gaussian signal. */
  readonly kurtosis: number;
  readonly skewness: number;
  /** mm/s in 10..1000 Hz (ISO 20816-1); absent without an acceleration unit. */
  readonly velocityRms?: number;
  readonly lines: readonly EnvelopeLine[];
}

/** The voices of the detector; absent while a baseline is being learnt. All three speak for a window that is scored; where
 *  the network has no say, those that are left. */
export interface Votes {
  readonly network?: boolean | undefined;
  readonly spectrum?: boolean | undefined;
  readonly rms?: boolean | undefined;
}

export type ScoreState = "scored" | "degraded" | "learning" | "no-baseline" | "not-scored";

/** What one model and the detector say of one window. */
export interface Score {
  readonly machine: string;
  readonly sensor: string;
  /** End of the window. */
  readonly timeUs: TimeUs;
  readonly sequence: number;
  readonly model: string;
  readonly shaftHz: number;
  readonly sensorState: SensorState;
  /** "degraded": judged by thresholds alone, as the network fails; "learning": the baseline is not complete;
   *  "no-baseline": this speed has none. */
  readonly state: ScoreState;
  /** 0..1, 0.5 at the alarm threshold; 0 unless scored or degraded. */
  readonly anomaly: number;
  readonly votes?: Votes;
  /** The network's most likely class: a hint, not a verdict. */
  readonly faultHint?: FaultClass;
  readonly probabilities?: readonly number[];
  /** Distance from the baseline's spectrum, over its limit. */
  readonly spectrumRatio?: number;
  /** RMS over that of the healthy machine; its limit is the baseline's own. */
  readonly rmsRatio?: number;
  readonly features?: Features;
  readonly latencyMs: number;
}
