import { type Alarm, PRIORITIES } from "./alarm-types.ts";

/** The alarms that screens are shown: bounded, also in a flood. */
export interface AlarmList {
  /** @returns whether it is to be announced: newly active, and not kept from the operators */
  put(alarm: Alarm): boolean;
  /** Open ones and those that cleared lately. */
  readonly newestFirst: readonly Alarm[];
  /** Open ones that there was no room for. */
  readonly dropped: number;
}

/** Cleared alarms that stay for a while, so that a screen that was away sees them. */
const CLEARED_KEPT = 100;
/** More than this nobody can look at: the history has them all. */
const OPEN_KEPT = 2000;
/** So many go at a time: a flood is not sorted for each of its alarms. */
const DROPPED_AT_ONCE = 200;

export function createAlarmList(): AlarmList {
  // In the order of change: what is put again goes to the end.
  const open = new Map<string, Alarm>();
  const over = new Map<string, Alarm>();
  let sorted: readonly Alarm[] | undefined;
  let dropped = 0;

  function makeRoom(): void {
    const [oldest] = over.keys();
    if (over.size > CLEARED_KEPT && oldest !== undefined) over.delete(oldest);
    if (open.size <= OPEN_KEPT) return;
    const least = [...open.values()].sort((a, b) => rank(b) - rank(a) || a.raisedUs - b.raisedUs);
    for (const { id } of least.slice(0, DROPPED_AT_ONCE)) open.delete(id);
    dropped += DROPPED_AT_ONCE;
  }

  return {
    put(alarm) {
      const before = open.get(alarm.id);
      open.delete(alarm.id);
      over.delete(alarm.id);
      (alarm.state === "normal" ? over : open).set(alarm.id, alarm);
      sorted = undefined;
      makeRoom();
      return isAnnounced(alarm) && !(before !== undefined && isAnnounced(before));
    },
    get newestFirst() {
      sorted ??= [...open.values(), ...over.values()].sort((a, b) => b.raisedUs - a.raisedUs);
      return sorted;
    },
    get dropped() {
      return dropped;
    },
  };
}

const isAnnounced = ({ state, inhibit }: Alarm): boolean =>
  inhibit === undefined && state === "unacknowledged-active";

/** What is kept from the operators goes first, then what can wait longest. */
const rank = ({ priority = "medium", inhibit }: Alarm): number =>
  inhibit === undefined ? PRIORITIES.indexOf(priority) : PRIORITIES.length;
