import type { TimeUs } from "./time.ts";

/** A block of equally spaced samples of one waveform tag, in the tag's engineering unit. */
export interface Waveform {
  /** Index into the agent's waveform tags (into the driver's, when a driver yields it). */
  readonly tag: number;
  readonly sampleRateHz: number;
  readonly firstSampleTimeUs: TimeUs;
  /** The device's own count of blocks. */
  readonly sequence: number;
  /** Blocks that the device made and nobody read since the one before. */
  readonly missed: number;
  /** OPC UA status code of the whole block. */
  readonly status: number;
  readonly samples: Float32Array;
}
