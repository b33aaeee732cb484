import { isActive } from "./alarm-life.ts";
import type { Alarm } from "./alarm-types.ts";
import type { Health, HealthState } from "./health.ts";
import type { Score, SensorState } from "./score.ts";
import type { TimeUs } from "./time.ts";

export interface HealthPolicy {
  /** Weight of the newest window in the smoothed anomaly: 0.3 follows a step to nine tenths in seven windows. */
  readonly smoothing: number;
  /** Up to this anomaly a machine is as at commissioning (0.25: 0.58 of the limits). */
  readonly usualAnomaly: number;
  /** The index where the anomaly stands at its limit, 0.5. */
  readonly indexAtLimit: number;
}

export const defaultHealthPolicy: HealthPolicy = { smoothing: 0.3, usualAnomaly: 0.25, indexAtLimit: 60 };

/** What the health of a machine needs to know of one of its sensors. */
export interface SensorHealth {
  readonly sensorState: SensorState;
  readonly state: Score["state"];
  /** Smoothed over the scored windows; absent before the first. */
  readonly anomaly?: number;
  /** Smoothed over the windows judged by thresholds alone since the last one that was scored. */
  readonly degradedAnomaly?: number;
}

/** The next smoothed view of a sensor. Windows that are not scored leave the anomaly as it was. So do those judged by
 *  thresholds alone, which stand beside it: what only the network hears does not heal because it is not asked.
 *  @param before undefined at the first score, and after a new baseline */
export function followScore(
  before: SensorHealth | undefined,
  score: Score,
  policy: HealthPolicy = defaultHealthPolicy,
): SensorHealth {
  const { sensorState, state } = score;
  const smoothed = (old: number | undefined): number =>
    old === undefined ? score.anomaly : old + policy.smoothing * (score.anomaly - old);
  if (state === "scored") return { sensorState, state, anomaly: smoothed(before?.anomaly) };
  const known = { ...before, sensorState, state };
  return state === "degraded" ? { ...known, degradedAnomaly: smoothed(before?.degradedAnomaly) } : known;
}

/** A sensor as seen now; one that is out of service is left out. */
export interface SensorView {
  /** Undefined before its first window. */
  readonly health?: SensorHealth;
  /** The open alarm. */
  readonly alarm?: Alarm;
  /** Share of its baseline learnt, 0..1. */
  readonly baselineProgress: number;
}

/** Health of a machine: as bad as the worst of its sensors.
 *  @param isOffline no device of the machine answers */
export function machineHealth(
  machine: string,
  timeUs: TimeUs,
  sensors: readonly SensorView[],
  isOffline: boolean,
  policy: HealthPolicy = defaultHealthPolicy,
): Health {
  const state = isOffline ? "offline" : stateOf(sensors);
  const anomalies = sensors.flatMap(({ health }) => anomaliesOf(health));
  const isKnown = anomalies.length > 0 && state !== "unknown" && state !== "offline";
  const progress =
    sensors.reduce((sum, sensor) => sum + sensor.baselineProgress, 0) / Math.max(1, sensors.length);
  return {
    machine,
    timeUs,
    state,
    ...(isKnown ? { index: indexOf(Math.max(...anomalies), policy) } : {}),
    baselineProgress: progress,
  };
}

/** An alarm weighs more than a deaf sensor, a deaf sensor more than what the others say: its bearing is unwatched. One
 *  that is shelved or suppressed is silent, and heals no machine. */
function stateOf(sensors: readonly SensorView[]): HealthState {
  const active = sensors.filter(({ alarm }) => alarm !== undefined && isActive(alarm.state));
  if (active.some(({ alarm }) => alarm?.severity === "alarm")) return "alarm";
  if (active.length > 0) return "warning";
  const heard = sensors.flatMap(({ health }) => (health === undefined ? [] : [health]));
  if (heard.some(({ sensorState }) => sensorState !== "valid")) return "sensor-fault";
  if (heard.some(({ state }) => state === "learning")) return "learning";
  return heard.some((health) => anomaliesOf(health).length > 0) ? "healthy" : "unknown";
}

const anomaliesOf = (health: SensorHealth | undefined): readonly number[] =>
  [health?.anomaly, health?.degradedAnomaly].filter((anomaly) => anomaly !== undefined);

/** 100 up to the usual anomaly, then straight lines through `indexAtLimit` at 0.5 and 0 at 1; one decimal. */
function indexOf(anomaly: number, policy: HealthPolicy): number {
  const { usualAnomaly, indexAtLimit } = policy;
  if (anomaly <= usualAnomaly) return 100;
  const index =
    anomaly <= 0.5
      ? 100 - ((100 - indexAtLimit) * (anomaly - usualAnomaly)) / (0.5 - usualAnomaly)
      : indexAtLimit * 2 * (1 - anomaly);
  return Math.round(index * 10) / 10;
}
