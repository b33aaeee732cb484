import type { TimeUs } from "./time.ts";

/** How often inference may fail. */
export interface ObjectivePolicy {
  /** Of the frames that were to be scored. */
  readonly mostPercent: number;
  readonly windowMinutes: number;
  /** At one frame a second a single failure is 0.33 % of five minutes: fewer than these are no breach. */
  readonly leastErrors: number;
}

export const defaultObjectivePolicy: ObjectivePolicy = {
  mostPercent: 0.1,
  windowMinutes: 5,
  leastErrors: 3,
};

/** How fast the budget of errors may burn: over a long window so that it matters, and over a short one so that it still
 *  goes on (B. Beyer et al., "The Site Reliability Workbook", 2018, ch. 5, multiwindow, multi-burn-rate alerts). */
const BURN_RATES = [
  { rate: 14.4, longMinutes: 60, shortMinutes: 5 },
  { rate: 6, longMinutes: 360, shortMinutes: 30 },
] as const;

const MINUTES = 360;

export interface ObjectiveVerdict {
  readonly isBroken: boolean;
  /** Of the window that decides, or of `windowMinutes` where all is well. */
  readonly percent: number;
  readonly failed: number;
  readonly frames: number;
}

/** Counts the last six hours by the minute, in fixed memory. */
export interface Objective {
  count(isOk: boolean, timeUs: TimeUs, runs: number): void;
  judge(timeUs: TimeUs): ObjectiveVerdict;
  /** What was is no evidence any more: another model runs. */
  forget(): void;
}

export function createObjective(policy: ObjectivePolicy = defaultObjectivePolicy): Objective {
  const frames = new Float64Array(MINUTES);
  const failed = new Float64Array(MINUTES);
  let newest = Number.NEGATIVE_INFINITY;

  /** Clears what has become too old; a clock that was set back counts into the newest minute. */
  function turnTo(timeUs: TimeUs): void {
    const minute = Math.floor(timeUs / 60e6);
    if (minute <= newest) return;
    const stale = Math.min(MINUTES, minute - newest);
    for (let back = 0; back < stale; back += 1) {
      frames[place(minute - back)] = 0;
      failed[place(minute - back)] = 0;
    }
    newest = minute;
  }

  function within(minutes: number): { readonly failed: number; readonly frames: number } {
    const sum = { failed: 0, frames: 0 };
    for (let back = 0; back < minutes; back += 1) {
      sum.frames += frames[place(newest - back)] ?? 0;
      sum.failed += failed[place(newest - back)] ?? 0;
    }
    return sum;
  }

  const most = policy.mostPercent / 100;
  const burns = (minutes: number, rate: number): boolean => {
    const window = within(minutes);
    return window.failed >= policy.leastErrors && window.failed > rate * most * window.frames;
  };

  return {
    count(isOk, timeUs, runs) {
      turnTo(timeUs);
      const now = place(newest);
      frames[now] = (frames[now] ?? 0) + runs;
      if (!isOk) failed[now] = (failed[now] ?? 0) + runs;
    },
    judge(timeUs) {
      turnTo(timeUs);
      const window = within(policy.windowMinutes);
      const isSure = window.failed >= policy.leastErrors && wilsonLow(window.failed, window.frames) > most;
      const fire = BURN_RATES.find(
        ({ rate, longMinutes, shortMinutes }) => burns(longMinutes, rate) && burns(shortMinutes, rate),
      );
      const decides = isSure || fire === undefined ? window : within(fire.longMinutes);
      return { isBroken: isSure || fire !== undefined, percent: percentOf(decides), ...decides };
    },
    forget() {
      frames.fill(0);
      failed.fill(0);
    },
  };
}

const place = (minute: number): number => ((minute % MINUTES) + MINUTES) % MINUTES;

const percentOf = ({ failed, frames }: { readonly failed: number; readonly frames: number }): number =>
  frames === 0 ? 0 : (failed / frames) * 100;

// One-sided 95 %.
const Z = 1.644_853_626_951_472_6;

/** Lower bound of a share (E. B. Wilson, 1927). */
export function wilsonLow(hits: number, of: number): number {
  if (of === 0) return 0;
  const share = hits / of;
  const centre = share + (Z * Z) / (2 * of);
  const spread = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  return (centre - spread) / (1 + (Z * Z) / of);
}
