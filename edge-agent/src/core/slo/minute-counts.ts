import type { TimeUs } from "../time.ts";

const MINUTES = 360;

export interface GoodAndBad {
  readonly good: number;
  readonly bad: number;
}

export interface CountedMinute extends GoodAndBad {
  /** Whole minutes since 1970. */
  readonly minute: number;
}

/** Events of the last six hours, counted by the minute in fixed memory. */
export interface MinuteCounts {
  count(events: GoodAndBad, timeUs: TimeUs): void;
  /** Of the newest minutes, 360 at most. */
  within(minutes: number, timeUs: TimeUs): GoodAndBad;
  /** Those that had events, oldest first. */
  minutes(): readonly CountedMinute[];
  /** Adds what an earlier run counted, before anything is counted here. Left out is what is too old, and what is yet to
   *  come because the clock was set back: it would hold this count up until then. */
  restore(minutes: readonly CountedMinute[], timeUs: TimeUs): void;
  clear(): void;
}

export function createMinuteCounts(): MinuteCounts {
  const good = new Float64Array(MINUTES);
  const bad = new Float64Array(MINUTES);
  let newest = Number.NEGATIVE_INFINITY;

  /** Clears what has become too old; a clock that was set back counts into the newest minute. */
  function turnTo(timeUs: TimeUs): void {
    const minute = Math.floor(timeUs / 60e6);
    if (minute <= newest) return;
    const stale = Math.min(MINUTES, minute - newest);
    for (let back = 0; back < stale; back += 1) {
      good[place(minute - back)] = 0;
      bad[place(minute - back)] = 0;
    }
    newest = minute;
  }

  function add(minute: number, events: GoodAndBad): void {
    const at = place(minute);
    good[at] = (good[at] ?? 0) + events.good;
    bad[at] = (bad[at] ?? 0) + events.bad;
  }

  return {
    count(events, timeUs) {
      turnTo(timeUs);
      add(newest, events);
    },
    within(minutes, timeUs) {
      turnTo(timeUs);
      const sum = { good: 0, bad: 0 };
      for (let back = 0; back < Math.min(minutes, MINUTES); back += 1) {
        sum.good += good[place(newest - back)] ?? 0;
        sum.bad += bad[place(newest - back)] ?? 0;
      }
      return sum;
    },
    minutes() {
      if (!Number.isFinite(newest)) return [];
      return Array.from({ length: MINUTES }, (_, i) => newest - MINUTES + 1 + i)
        .map((minute) => ({ minute, good: good[place(minute)] ?? 0, bad: bad[place(minute)] ?? 0 }))
        .filter((events) => events.good + events.bad > 0);
    },
    restore(minutes, timeUs) {
      turnTo(timeUs);
      for (const { minute, ...events } of minutes)
        if (minute <= newest && minute > newest - MINUTES) add(minute, events);
    },
    clear() {
      good.fill(0);
      bad.fill(0);
    },
  };
}

const place = (minute: number): number => ((minute % MINUTES) + MINUTES) % MINUTES;
