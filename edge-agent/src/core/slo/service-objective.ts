import type { TimeUs } from "../time.ts";
import { type BurnPolicy, burningMinutes, burnOf } from "./burn-rate.ts";
import { createMinuteCounts, type GoodAndBad, type MinuteCounts } from "./minute-counts.ts";

/** Windows that are told: those over which burning is judged. */
const WINDOWS = [
  { window: "5m", minutes: 5 },
  { window: "30m", minutes: 30 },
  { window: "1h", minutes: 60 },
  { window: "6h", minutes: 360 },
] as const;

export interface ServiceReport {
  readonly slo: string;
  readonly isBurning: boolean;
  readonly windows: readonly (GoodAndBad & {
    readonly window: (typeof WINDOWS)[number]["window"];
    /** Absent without events. */
    readonly burn?: number;
  })[];
}

/** One promise: of all events, so few may be bad. */
export interface ServiceObjective extends Pick<MinuteCounts, "count" | "minutes" | "restore"> {
  readonly slo: string;
  report(timeUs: TimeUs): ServiceReport;
}

export function createServiceObjective(slo: string, policy: BurnPolicy): ServiceObjective {
  const counts = createMinuteCounts();
  return {
    slo,
    count: counts.count,
    minutes: counts.minutes,
    restore: counts.restore,
    report: (timeUs) => ({
      slo,
      isBurning: burningMinutes(counts, policy, timeUs) !== undefined,
      windows: WINDOWS.map(({ window, minutes }) => {
        const events = counts.within(minutes, timeUs);
        const burn = burnOf(events, policy.budget);
        return { window, ...events, ...(burn !== undefined && { burn }) };
      }),
    }),
  };
}
