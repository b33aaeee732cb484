import { acknowledged, cleared, isActive, raised } from "./alarm-life.ts";
import type { Alarm } from "./alarm-types.ts";
import { type Breach, LIMIT_REASONS } from "./limits.ts";
import type { TimeUs } from "./time.ts";

/** What happens to the alarm of one tag. */
export type LimitEvent =
  /** Its value went beyond a limit, or to another one. @property alarmId should it raise an alarm */
  | {
      readonly kind: "beyond";
      readonly breach: Breach;
      readonly value: number;
      readonly unit: string;
      readonly timeUs: TimeUs;
      readonly alarmId: string;
      readonly machine: string;
      readonly tag: string;
    }
  | { readonly kind: "within"; readonly timeUs: TimeUs }
  | { readonly kind: "acknowledge"; readonly timeUs: TimeUs; readonly by: string };

/** The alarm of a tag that left its limits; its life cycle is that of alarm-life.ts. An active alarm grows more severe and
 *  does not take that back before it clears, as that of a sensor.
 *  @param alarm the open occurrence
 *  @returns its new states, in order: another side of the range ends one occurrence and begins the next */
export function stepLimitAlarm(alarm: Alarm | undefined, event: LimitEvent): readonly Alarm[] {
  switch (event.kind) {
    case "acknowledge":
      return listed(acknowledged(alarm, event.timeUs, event.by));
    case "within":
      return listed(cleared(alarm, event.timeUs));
    case "beyond":
      return beyond(alarm, event);
  }
}

const listed = (alarm: Alarm | undefined): readonly Alarm[] => (alarm === undefined ? [] : [alarm]);

function beyond(alarm: Alarm | undefined, event: Extract<LimitEvent, { kind: "beyond" }>): readonly Alarm[] {
  const { breach, value, unit, timeUs } = event;
  const evidence = { value, limit: breach.limit, unit };
  const now = {
    id: event.alarmId,
    machine: event.machine,
    sensor: event.tag,
    severity: breach.severity,
    raisedUs: timeUs,
    peakAnomaly: 0,
    reason: breach.reason,
    evidence,
  };
  if (alarm === undefined || !isActive(alarm.state)) return [raised(alarm, now)];
  if (sideOf(alarm.reason) !== sideOf(breach.reason)) {
    const ended = cleared(alarm, timeUs);
    return [...listed(ended), raised(ended?.state === "normal" ? undefined : ended, now)];
  }
  if (alarm.severity === "alarm" || breach.severity === "warning") return [];
  return [{ ...alarm, severity: breach.severity, reason: breach.reason, evidence }];
}

const sideOf = (reason: string): "high" | "low" => (reason.startsWith("limit-low") ? "low" : "high");

/** The level at which an alarm of an earlier run stood; 0 where it was not active. */
export function levelOfAlarm(alarm: Alarm): -2 | -1 | 0 | 1 | 2 {
  if (!isActive(alarm.state)) return 0;
  const place = (LIMIT_REASONS as readonly string[]).indexOf(alarm.reason);
  return ([-2, -1, 1, 2] as const)[place] ?? 0;
}
