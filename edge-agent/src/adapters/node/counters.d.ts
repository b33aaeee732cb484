import type { Telemetry } from "../../ports/telemetry.ts";
/** Telemetry as plain counters by name: what /metrics and the status page show. */
export interface Counters extends Telemetry {
  read(): Readonly<Record<string, number>>;
}
export declare function createCounters(): Counters;
