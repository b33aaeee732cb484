import { burningMinutes } from "./slo/burn-rate.ts";
import { createMinuteCounts } from "./slo/minute-counts.ts";
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
  const counts = createMinuteCounts();
  const most = policy.mostPercent / 100;
  const burn = { budget: most, leastBad: policy.leastErrors };

  const within = (minutes: number, timeUs: TimeUs): { readonly failed: number; readonly frames: number } => {
    const { good, bad } = counts.within(minutes, timeUs);
    return { failed: bad, frames: good + bad };
  };

  return {
    count: (isOk, timeUs, runs) =>
      counts.count(isOk ? { good: runs, bad: 0 } : { good: 0, bad: runs }, timeUs),
    judge(timeUs) {
      const window = within(policy.windowMinutes, timeUs);
      const isSure = window.failed >= policy.leastErrors && wilsonLow(window.failed, window.frames) > most;
      const minutes = burningMinutes(counts, burn, timeUs);
      const decides = isSure || minutes === undefined ? window : within(minutes, timeUs);
      return { isBroken: isSure || minutes !== undefined, percent: percentOf(decides), ...decides };
    },
    forget: counts.clear,
  };
}

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
