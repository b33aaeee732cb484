import type { Clock } from "../ports/clock.ts";
import type { DriverEvent, PolledSession, ScanPlan } from "../ports/driver.ts";
/** Reads waveform blocks whole: the device counts its blocks, and a block counts only when the count was the same
 *  before and after it was read. */
export interface WaveformReader {
  /** Nothing when the device has no new block. Rejects when the connection is lost. */
  read(session: PolledSession, waveform: number, signal: AbortSignal): AsyncIterable<DriverEvent>;
}
export declare function createWaveformReader(plan: ScanPlan, clock: Clock): WaveformReader;
