import {
  type AlarmDto,
  type AlarmState,
  type InhibitKind,
  PRIORITIES,
  type Priority,
} from "@stethos/edge-agent/core";

/** An alarm's state as operators know it (ISA-18.2): what is inhibited lies over what goes on beneath. */
export type AlarmFace = AlarmState | InhibitKind;

/** In the order of what wants an operator's eye first. */
export const ALARM_FACES = [
  "unacknowledged-active",
  "acknowledged-active",
  "unacknowledged-cleared",
  "shelved",
  "suppressed",
  "suppressed-by-design",
  "out-of-service",
  "normal",
] as const satisfies readonly AlarmFace[];

const RANK: Readonly<Record<AlarmFace, number>> = {
  "unacknowledged-active": 0,
  "acknowledged-active": 1,
  "unacknowledged-cleared": 2,
  shelved: 3,
  suppressed: 3,
  "suppressed-by-design": 3,
  "out-of-service": 3,
  normal: 4,
};

export const faceOf = (alarm: AlarmDto): AlarmFace =>
  alarm.state === "normal" ? "normal" : (alarm.inhibit?.kind ?? alarm.state);

/** What earlier versions stored has none. */
export const priorityOf = (alarm: AlarmDto): Priority =>
  alarm.priority ?? (alarm.severity === "alarm" ? "high" : "medium");

/** Open means that someone still has to do something or that the condition still stands (ISA-18.2). */
export const isOpen = (alarm: AlarmDto): boolean => RANK[faceOf(alarm)] < RANK.shelved;

export const isActive = (alarm: AlarmDto): boolean =>
  alarm.state === "unacknowledged-active" || alarm.state === "acknowledged-active";

export const isUnacknowledged = (alarm: AlarmDto): boolean => {
  const face = faceOf(alarm);
  return face === "unacknowledged-active" || face === "unacknowledged-cleared";
};

interface Ranked {
  readonly alarm: AlarmDto;
  readonly rank: number;
  readonly raisedMs: number;
}

// Four priorities: one digit for each key, so that one comparison decides.
const ranked = (alarm: AlarmDto): Ranked => ({
  alarm,
  rank: RANK[faceOf(alarm)] * 10 + PRIORITIES.indexOf(priorityOf(alarm)),
  raisedMs: Date.parse(alarm.raisedTime),
});

const byUrgency = (a: Ranked, b: Ranked): number =>
  a.rank - b.rank || b.raisedMs - a.raisedMs || (a.alarm.id < b.alarm.id ? -1 : 1);

/** Most urgent first, then newest. */
export const alarmOrder = (alarms: Iterable<AlarmDto>): readonly AlarmDto[] =>
  Array.from(alarms, ranked)
    .sort(byUrgency)
    .map(({ alarm }) => alarm);

/** The most urgent of the alarms that fit. */
function mostUrgent(alarms: Iterable<AlarmDto>, fits: (alarm: AlarmDto) => boolean): AlarmDto | undefined {
  let found: Ranked | undefined;
  for (const alarm of alarms) {
    if (!fits(alarm)) continue;
    const next = ranked(alarm);
    if (found === undefined || byUrgency(next, found) < 0) found = next;
  }
  return found?.alarm;
}

/** The alarm that a machine's panel and marker speak of: its most urgent open one. */
export const worstOpenAlarm = (alarms: Iterable<AlarmDto>, machine: string): AlarmDto | undefined =>
  mostUrgent(alarms, (alarm) => alarm.machine === machine && isOpen(alarm));

/** What the alarm bar shows: the most urgent that nobody acknowledged. */
export const mostUrgentUnacknowledged = (alarms: Iterable<AlarmDto>): AlarmDto | undefined =>
  mostUrgent(alarms, isUnacknowledged);

/** The open alarm after (or before) this one in the order of urgency; from the end it goes on at the start.
 *  @param from id; of none: the most urgent, or the least going back */
export function neighbourAlarm(
  alarms: Iterable<AlarmDto>,
  from: string | undefined,
  step: -1 | 1,
): AlarmDto | undefined {
  const open = alarmOrder(alarms).filter(isOpen);
  const at = open.findIndex(({ id }) => id === from);
  if (at < 0) return step > 0 ? open[0] : open.at(-1);
  return open[(at + step + open.length) % open.length];
}

export interface AlarmTotals {
  readonly alarms: number;
  readonly warnings: number;
  readonly unacknowledged: number;
  /** Open ones. */
  readonly byPriority: Readonly<Record<Priority, number>>;
}

/** What the alarm bar counts. */
export function alarmTotals(alarms: Iterable<AlarmDto>): AlarmTotals {
  const byPriority = { critical: 0, high: 0, medium: 0, low: 0 };
  let [active, warnings, unacknowledged] = [0, 0, 0];
  for (const alarm of alarms) {
    if (!isOpen(alarm)) continue;
    byPriority[priorityOf(alarm)] += 1;
    if (isUnacknowledged(alarm)) unacknowledged += 1;
    if (!isActive(alarm)) continue;
    if (alarm.severity === "alarm") active += 1;
    else warnings += 1;
  }
  return { alarms: active, warnings, unacknowledged, byPriority };
}
