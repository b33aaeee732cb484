import type { TimeUs } from "../time.ts";
import type { GoodAndBad, MinuteCounts } from "./minute-counts.ts";

/** How fast the budget of errors may burn: over a long window so that it matters, and over a short one so that it still
 *  goes on (B. Beyer et al., "The Site Reliability Workbook", 2018, ch. 5, multiwindow, multi-burn-rate alerts). */
const BURN_RATES = [
  { rate: 14.4, longMinutes: 60, shortMinutes: 5 },
  { rate: 6, longMinutes: 360, shortMinutes: 30 },
] as const;

export interface BurnPolicy {
  /** Share of the events that may be bad, 0..1. */
  readonly budget: number;
  /** Fewer bad events than these are no evidence, however few there are in all. */
  readonly leastBad: number;
}

/** The long window in which the budget burns too fast while it still does in the short one; undefined where none does.
 *  No events are no evidence. */
export function burningMinutes(
  counts: MinuteCounts,
  { budget, leastBad }: BurnPolicy,
  timeUs: TimeUs,
): number | undefined {
  const burns = (minutes: number, rate: number): boolean => {
    const { good, bad } = counts.within(minutes, timeUs);
    return bad >= leastBad && bad > rate * budget * (good + bad);
  };
  return BURN_RATES.find(
    ({ rate, longMinutes, shortMinutes }) => burns(longMinutes, rate) && burns(shortMinutes, rate),
  )?.longMinutes;
}

/** 1: the budget is used up exactly at the end of its period. Undefined without events. */
export function burnOf({ good, bad }: GoodAndBad, budget: number): number | undefined {
  const all = good + bad;
  return all === 0 ? undefined : bad / all / budget;
}
