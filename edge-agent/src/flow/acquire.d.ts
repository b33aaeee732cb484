import type { ReadingBatch } from "../core/reading.ts";
import type { Waveform } from "../core/waveform.ts";
import type { Clock } from "../ports/clock.ts";
import type { Driver, ScanPlan } from "../ports/driver.ts";
import type { Logger } from "../ports/logger.ts";
import type { Telemetry } from "../ports/telemetry.ts";
export interface AcquireDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  onReadings(batch: ReadingBatch): void;
  /** `tag` indexes the agent's waveform tags; samples are in engineering units. */
  onWaveform(waveform: Waveform): void;
  onLink(device: string, up: boolean, reason: string): void;
}
/** One device, and where its tags and waveforms stand in the agent's tables. */
export interface AcquiredDevice {
  readonly plan: ScanPlan;
  readonly driver: Driver;
  readonly tagPlaces: Uint32Array;
  readonly waveformPlaces: Uint32Array;
}
/** Reads one device until the signal aborts. What the device does is data; it never ends the loop. */
export declare function acquire(
  device: AcquiredDevice,
  deps: AcquireDeps,
  signal: AbortSignal,
): Promise<void>;
