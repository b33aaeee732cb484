import type { TimeUs } from "./time.ts";

/** ISA-18.2 / IEC 62682 alarm states. */
export type AlarmState =
  | "normal"
  | "unacknowledged-active"
  | "acknowledged-active"
  | "unacknowledged-cleared"
  | "suppressed";

export type Severity = "warning" | "alarm";

/** One alarm occurrence of one sensor of one machine. */
export interface Alarm {
  readonly id: string;
  readonly machine: string;
  readonly sensor: string;
  readonly state: AlarmState;
  readonly severity: Severity;
  readonly raisedUs: TimeUs;
  readonly clearedUs?: TimeUs;
  readonly acknowledgedUs?: TimeUs;
  readonly acknowledgedBy?: string;
  readonly suppressedReason?: string;
  /** Worst anomaly score while active. */
  readonly peakAnomaly: number;
  /** Key and values of a sentence that screens translate: "bearing-outer-race", "anomaly", ... */
  readonly reason: string;
  readonly evidence: Readonly<Record<string, number | string>>;
}
