import type { AlarmDto, AlarmState } from "@stethos/edge-agent/core";

/** Cleared alarms stay on the list for a while, but not without end. */
const MOST_ROWS = 200;

/** What wants an operator's eye first. */
const URGENCY: Readonly<Record<AlarmState, number>> = {
  "unacknowledged-active": 0,
  "acknowledged-active": 2,
  "unacknowledged-cleared": 4,
  suppressed: 6,
  normal: 8,
};

const urgency = (alarm: AlarmDto): number => URGENCY[alarm.state] + (alarm.severity === "alarm" ? 0 : 1);

/** Open means that someone still has to do something or that the condition still stands (ISA-18.2). */
const isOpen = (alarm: AlarmDto): boolean => alarm.state !== "normal" && alarm.state !== "suppressed";

export const isActive = (alarm: AlarmDto): boolean =>
  alarm.state === "unacknowledged-active" || alarm.state === "acknowledged-active";

export const isUnacknowledged = (alarm: AlarmDto): boolean =>
  alarm.state === "unacknowledged-active" || alarm.state === "unacknowledged-cleared";

/** Most urgent first, then newest. */
export function alarmOrder(alarms: Iterable<AlarmDto>): readonly AlarmDto[] {
  return [...alarms]
    .sort(
      (a, b) =>
        urgency(a) - urgency(b) ||
        Date.parse(b.raisedTime) - Date.parse(a.raisedTime) ||
        a.id.localeCompare(b.id),
    )
    .slice(0, MOST_ROWS);
}

/** The alarm that a machine's panel and marker speak of: its most urgent open one. */
export function worstOpenAlarm(alarms: Iterable<AlarmDto>, machine: string): AlarmDto | undefined {
  return alarmOrder([...alarms].filter((alarm) => alarm.machine === machine && isOpen(alarm)))[0];
}

export interface AlarmTotals {
  readonly alarms: number;
  readonly warnings: number;
  readonly unacknowledged: number;
}

/** What the header counts. */
export function alarmTotals(alarms: Iterable<AlarmDto>): AlarmTotals {
  const open = [...alarms].filter(isOpen);
  const active = open.filter(isActive);
  return {
    alarms: active.filter((alarm) => alarm.severity === "alarm").length,
    warnings: active.filter((alarm) => alarm.severity === "warning").length,
    unacknowledged: open.filter(isUnacknowledged).length,
  };
}
