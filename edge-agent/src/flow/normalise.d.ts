import type { RawBatch, ReadingBatch } from "../core/reading.ts";
import type { Tag } from "../core/tag.ts";
import type { TimeUs } from "../core/time.ts";
/** Turns the raw batches of one device into readings: scale and offset, deadband, sequence. */
export interface Normaliser {
  /** @returns undefined when the deadband let nothing through */
  normalise(raw: RawBatch, agentTimeUs: TimeUs): ReadingBatch | undefined;
  /** Readings that the deadband held back since the start. */
  readonly suppressed: number;
}
/** @param tags those of the device, in the order of its plan
 *  @param places where each stands in the agent's tag table */
export declare function createNormaliser(tags: readonly Tag[], places: Uint32Array): Normaliser;
