import type { Alarm, Priority } from "./alarm-types.ts";
import { isOpen } from "./feed-map.ts";
import type { TimeUs } from "./time.ts";

/** Which alarms are asked for. */
export interface AlarmFilter {
  /** Only those that ask for the operator. */
  readonly openOnly?: boolean;
  /** Raised from here on, and before there. */
  readonly fromUs?: TimeUs | undefined;
  readonly toUs?: TimeUs | undefined;
  readonly machine?: string | undefined;
  readonly area?: string | undefined;
  readonly priority?: Priority | undefined;
  readonly reason?: string | undefined;
  /** Words that its machine, source, reason or acknowledger must contain, each of them. */
  readonly q?: string | undefined;
  /** Only what comes after this one, newest first: the last of the page before. */
  readonly before?: AlarmPlace | undefined;
}

/** Where an alarm stands in the list: newest first, by id among those of one time. */
export type AlarmPlace = Pick<Alarm, "id" | "raisedUs">;

export const byNewest = (a: AlarmPlace, b: AlarmPlace): number =>
  b.raisedUs - a.raisedUs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

/** What a filter says, made ready for many alarms. */
export function alarmMatcher(filter: AlarmFilter): (alarm: Alarm) => boolean {
  const { openOnly, machine, area, priority, reason, before } = filter;
  const { fromUs = Number.NEGATIVE_INFINITY, toUs = Number.POSITIVE_INFINITY } = filter;
  const words = (filter.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return (alarm) =>
    alarm.raisedUs >= fromUs &&
    alarm.raisedUs < toUs &&
    (openOnly !== true || isOpen(alarm)) &&
    (machine === undefined || alarm.machine === machine) &&
    (area === undefined || areaOf(alarm.machine) === area) &&
    (priority === undefined || alarm.priority === priority) &&
    (reason === undefined || alarm.reason === reason) &&
    (before === undefined || byNewest(alarm, before) > 0) &&
    (words.length === 0 || hasWords(alarm, words));
}

/** Machines are named "site/area/line/cell/asset". */
const areaOf = (machine: string): string | undefined => machine.split("/")[1];

function hasWords(
  { machine, sensor, reason, acknowledgedBy = "" }: Alarm,
  words: readonly string[],
): boolean {
  const text = `${machine} ${sensor} ${reason} ${acknowledgedBy}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
