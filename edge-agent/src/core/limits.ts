import type { Severity } from "./alarm-types.ts";

/** Where a tag's value ought to stay, in its unit. */
export interface TagLimits {
  /** Beyond these it raises an alarm of severity "alarm" ... */
  readonly lowLow?: number | undefined;
  readonly highHigh?: number | undefined;
  /** ... beyond these one of severity "warning". */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  /** Its usual range: what lies outside is shown as unusual and raises nothing. */
  readonly normalLow?: number | undefined;
  readonly normalHigh?: number | undefined;
  /** So far within a limit the value must be before it no longer counts as beyond. */
  readonly hysteresis: number;
  /** So long a value must stay beyond a limit before that counts (the on-delay of ISA-18.2). */
  readonly delayS: number;
}

/** Beyond which limit: -2 low-low, -1 low, 0 none, 1 high, 2 high-high. */
export type Level = -2 | -1 | 0 | 1 | 2;

export const LIMIT_REASONS = ["limit-low-low", "limit-low", "limit-high", "limit-high-high"] as const;
export type LimitReason = (typeof LIMIT_REASONS)[number];

export interface Breach {
  readonly reason: LimitReason;
  readonly severity: Severity;
  /** The limit itself. */
  readonly limit: number;
}

/** What a level means; undefined within the limits. */
export function breachOf(level: Level, limits: TagLimits): Breach | undefined {
  switch (level) {
    case -2:
      return { reason: "limit-low-low", severity: "alarm", limit: limits.lowLow ?? Number.NaN };
    case -1:
      return { reason: "limit-low", severity: "warning", limit: limits.low ?? Number.NaN };
    case 1:
      return { reason: "limit-high", severity: "warning", limit: limits.high ?? Number.NaN };
    case 2:
      return { reason: "limit-high-high", severity: "alarm", limit: limits.highHigh ?? Number.NaN };
    case 0:
      return undefined;
  }
}

export const hasAlarmLimit = ({ lowLow, low, high, highHigh }: TagLimits): boolean =>
  [lowLow, low, high, highHigh].some((limit) => limit !== undefined);

/** What contradicts itself in limits, as a sentence; undefined where nothing does. */
export function limitsProblem(limits: TagLimits): string | undefined {
  const ladder = (["lowLow", "low", "normalLow", "normalHigh", "high", "highHigh"] as const).flatMap(
    (name) => {
      const at = limits[name];
      return at === undefined ? [] : [{ name, at }];
    },
  );
  if (ladder.length === 0) return "has no limit; name at least one, or leave it out";
  for (const [i, upper] of ladder.entries()) {
    const lower = ladder[i - 1];
    if (lower === undefined) continue;
    // An alarm may begin where the usual range ends; two alarms, or an empty range, may not coincide.
    const mayTouch = lower.name === "normalHigh" || upper.name === "normalLow";
    if (lower.at > upper.at || (lower.at === upper.at && !mayTouch))
      return `${lower.name} (${lower.at}) must be below ${upper.name} (${upper.at})`;
  }
  return bandProblem(limits);
}

/** A value that has come back from one side must not count as beyond the other. */
function bandProblem({ lowLow, low, high, highHigh, hysteresis }: TagLimits): string | undefined {
  const bottom = low ?? lowLow;
  const top = high ?? highHigh;
  if (bottom === undefined || top === undefined || hysteresis * 2 < top - bottom) return undefined;
  return `hysteresis (${hysteresis}) must be less than half of what lies between ${bottom} and ${top}`;
}
