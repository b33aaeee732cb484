import {
  defaultReasonPolicy,
  type Evidence,
  explain,
  type Reason,
  type ReasonPolicy,
} from "./alarm-reason.ts";
import type { Severity } from "./alarm-types.ts";
import type { Score } from "./score.ts";

export interface AlarmPolicy extends ReasonPolicy {
  /** An alarm is raised by so many abnormal windows ... */
  readonly raiseAbnormal: number;
  /** ... among that many (3 of 3: three in a row). */
  readonly raiseOf: number;
  /** So many normal windows in a row clear it. */
  readonly clearNormal: number;
  /** A window counts as normal below this anomaly. Abnormal begins at 0.5: what lies between changes nothing. */
  readonly clearBelow: number;
  /** From this anomaly on a window speaks for severity "alarm" (0.8: twice the limits). */
  readonly alarmFrom: number;
  /** Valid windows in a row that lift a suppression. */
  readonly releaseValid: number;
  /** Limits of the vibration velocity, whatever the baseline says; by default none, as they depend on the machine's
   *  size and mounting (ISO 20816-3: zone boundaries B/C and C/D). */
  readonly velocity?: { readonly warningMmS: number; readonly alarmMmS: number };
}

export const defaultAlarmPolicy: AlarmPolicy = {
  ...defaultReasonPolicy,
  raiseAbnormal: 3,
  raiseOf: 3,
  clearNormal: 5,
  clearBelow: 0.4,
  alarmFrom: 0.8,
  releaseValid: 3,
};

/** What one window says of an alarm. */
export interface Verdict {
  readonly anomaly: number;
  readonly kind: "abnormal" | "normal" | "between";
  /** Only of an abnormal window. */
  readonly severity: Severity;
  readonly reason: Reason;
  readonly evidence: Evidence;
}

/** Velocity clears this far below its limit. */
const VELOCITY_CLEARS_AT = 0.9;

/** Undefined where a window is no evidence: no baseline, not scored, and no velocity limit to judge by. */
export function judge(score: Score, policy: AlarmPolicy): Verdict | undefined {
  const velocity = score.features?.velocityRms;
  const limits = velocity === undefined ? undefined : policy.velocity;
  const isJudged = score.state === "scored" || score.state === "degraded";
  if (!isJudged && limits === undefined) return undefined;
  const speed = velocity ?? 0;
  const isOverVelocity = limits !== undefined && speed > limits.warningMmS;
  const isAbnormal = isOverVelocity || score.anomaly > 0.5;
  const isCalm = limits === undefined || speed < limits.warningMmS * VELOCITY_CLEARS_AT;
  const isSevere = score.anomaly >= policy.alarmFrom || (limits !== undefined && speed > limits.alarmMmS);
  const isNormal = !isAbnormal && isCalm && score.anomaly < policy.clearBelow;
  return {
    anomaly: score.anomaly,
    kind: isAbnormal ? "abnormal" : isNormal ? "normal" : "between",
    severity: isSevere ? "alarm" : "warning",
    ...explain(score, isOverVelocity, policy),
  };
}
