/** A limit that errors cut and time lets grow again. */
export interface CreepingLimit {
  readonly now: number;
  /** The most that it can grow to from now on. */
  bound(most: number): void;
  cut(to: number): void;
  /** Doubles it when its time has come; to be called when something went well.
   *  @returns whether it grew */
  grow(): boolean;
}

const DAY_MS = 86_400_000;

/** @param waitMs from a cut to the first attempt to grow; each attempt that fails doubles it, up to a day */
export function createCreepingLimit(start: number, waitMs: number, monotonicMs: () => number): CreepingLimit {
  let now = start;
  let most = start;
  let wait = waitMs;
  let growAtMs = monotonicMs() + waitMs;
  let isAttempt = false;
  return {
    get now() {
      return Math.min(now, most);
    },
    bound(to) {
      most = to;
    },
    cut(to) {
      if (isAttempt) wait = Math.min(2 * wait, DAY_MS);
      isAttempt = false;
      now = to;
      growAtMs = monotonicMs() + wait;
    },
    grow() {
      if (now >= most || monotonicMs() < growAtMs) return false;
      now = Math.min(2 * now, most);
      isAttempt = true;
      growAtMs = monotonicMs() + wait;
      return true;
    },
  };
}
