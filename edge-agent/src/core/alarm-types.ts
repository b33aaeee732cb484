import type { TimeUs } from "./time.ts";

/** ISA-18.2 / IEC 62682 alarm states. */
export type AlarmState =
  | "normal"
  | "unacknowledged-active"
  | "acknowledged-active"
  | "unacknowledged-cleared"
  | "suppressed";

export type Severity = "warning" | "alarm";

/** How soon somebody must act (ISA-18.2, IEC 62682): from the severity and the machine's criticality. */
export const PRIORITIES = ["critical", "high", "medium", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Why an alarm is kept from the operators although it may be active (ISA-18.2): for a time by an operator, by the
 *  plant's design, or until its source is repaired. It goes on living beneath. */
export type InhibitKind = "out-of-service" | "shelved" | "suppressed-by-design";

/** An inhibit of all alarms of one source. */
export interface Inhibit {
  readonly kind: InhibitKind;
  /** Id of the sensor or tag that alarms. */
  readonly source: string;
  /** A person's name; "agent" for what the design suppresses. */
  readonly by: string;
  readonly reason: string;
  readonly fromUs: TimeUs;
  /** Only of shelved ones: then it ends by itself. */
  readonly untilUs?: TimeUs;
}

/** One alarm occurrence of one source: a sensor of a machine, or a tag that left its limits. */
export interface Alarm {
  readonly id: string;
  /** Of a tag: the asset it belongs to. */
  readonly machine: string;
  /** The source: id of a sensor or tag. */
  readonly sensor: string;
  readonly state: AlarmState;
  readonly severity: Severity;
  /** Absent in what earlier versions stored. */
  readonly priority?: Priority;
  readonly inhibit?: Inhibit;
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
