import type { FleetReport } from "../core/fleet-report.ts";

/** Signs a report with the key of this device: the bytes to put. */
export type SealReport = (report: FleetReport) => Promise<Uint8Array>;

/** Where this device's report lies, for those who lead the fleet. */
export interface ReportPlace {
  /** For messages. */
  readonly name: string;
  /** Takes the place of the report before.
   *  @throws EdgeError REGISTRY_UNREACHABLE, REGISTRY_REFUSED, DISK_FULL */
  put(body: Uint8Array, signal: AbortSignal): Promise<void>;
}
