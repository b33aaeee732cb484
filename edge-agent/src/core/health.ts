import type { TimeUs } from "./time.ts";

/** What is known of a machine's health; "unknown" until a baseline is learnt, "sensor-fault" without evidence. */
export type HealthState =
  | "unknown"
  | "learning"
  | "healthy"
  | "warning"
  | "alarm"
  | "sensor-fault"
  | "offline";

export interface Health {
  readonly machine: string;
  readonly timeUs: TimeUs;
  readonly state: HealthState;
  /** 0 (failed) .. 100 (as at commissioning); absent while unknown. */
  readonly index?: number;
  /** Share of the baseline learnt, 0..1. */
  readonly baselineProgress: number;
}
