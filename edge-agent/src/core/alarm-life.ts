import type { Alarm, AlarmState } from "./alarm-types.ts";
import type { TimeUs } from "./time.ts";

/* One occurrence of an alarm after ISA-18.2 / IEC 62682, whatever raises it: normal -> unacknowledged-active ->
 * acknowledged-active -> normal, or, where it clears first, -> unacknowledged-cleared -> (acknowledged) -> normal.
 * Each step answers with the alarm's new state, or undefined where nothing changes. */

export const isActive = (state: AlarmState): boolean =>
  state === "unacknowledged-active" || state === "acknowledged-active";

/** What stands of an alarm as soon as it is raised. */
export type Raised = Pick<
  Alarm,
  "evidence" | "id" | "machine" | "peakAnomaly" | "raisedUs" | "reason" | "sensor" | "severity"
>;

/** One that cleared and was never acknowledged is the same occurrence still: the operator has one thing to look at.
 *  @param before the open occurrence of the same source */
export const raised = (before: Alarm | undefined, now: Raised): Alarm => ({
  ...now,
  id: before?.id ?? now.id,
  state: "unacknowledged-active",
  peakAnomaly: Math.max(now.peakAnomaly, before?.peakAnomaly ?? 0),
});

export function acknowledged(alarm: Alarm | undefined, timeUs: TimeUs, by: string): Alarm | undefined {
  if (alarm === undefined || alarm.acknowledgedUs !== undefined) return undefined;
  const seen = { ...alarm, acknowledgedUs: timeUs, acknowledgedBy: by };
  switch (alarm.state) {
    case "unacknowledged-active":
      return { ...seen, state: "acknowledged-active" };
    case "unacknowledged-cleared":
      return { ...seen, state: "normal" };
    case "suppressed":
      return seen;
    case "acknowledged-active":
    case "normal":
      return undefined;
  }
}

export function cleared(alarm: Alarm | undefined, timeUs: TimeUs): Alarm | undefined {
  if (alarm === undefined || alarm.state === "unacknowledged-cleared") return undefined;
  const { suppressedReason: _, ...rest } = alarm;
  const state = alarm.acknowledgedUs === undefined ? "unacknowledged-cleared" : "normal";
  return { ...rest, state, clearedUs: timeUs };
}
