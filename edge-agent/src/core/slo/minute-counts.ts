import type { TimeUs } from "../time.ts";

const MINUTES = 360;

export interface GoodAndBad {
  readonly good: number;
  readonly bad: number;
}

/** Events of the last six hours, counted by the minute in fixed memory. */
export interface MinuteCounts {
  count(events: GoodAndBad, timeUs: TimeUs): void;
  /** Of the newest minutes, 360 at most. */
  within(minutes: number, timeUs: TimeUs): GoodAndBad;
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

  return {
    count(events, timeUs) {
      turnTo(timeUs);
      const now = place(newest);
      good[now] = (good[now] ?? 0) + events.good;
      bad[now] = (bad[now] ?? 0) + events.bad;
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
    clear() {
      good.fill(0);
      bad.fill(0);
    },
  };
}

const place = (minute: number): number => ((minute % MINUTES) + MINUTES) % MINUTES;
