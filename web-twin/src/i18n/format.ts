import type { Language } from "./language.ts";
import type { Translate } from "./translate.ts";
import { unitSymbol } from "./units.ts";

/** Numbers and times as people of one language and time zone write them. */
export interface Format {
  /** Four significant digits. */
  number(value: number): string;
  whole(value: number): string;
  /** 0.43 -> "43 %" */
  percent(share: number): string;
  quantity(value: number, unit: string): string;
  /** Time of day, without the date where it is today. */
  time(ms: number, nowMs: number): string;
  clock(ms: number): string;
  /** Hours and minutes. */
  minute(ms: number): string;
  /** Short name of the time zone at that moment, e.g. "GMT+8". */
  zone(ms: number): string;
  /** "3 min" */
  age(ms: number): string;
  ago(ms: number): string;
}

const STEPS = [
  { unitMs: 1_000, belowMs: 60_000, key: "time.seconds" },
  { unitMs: 60_000, belowMs: 3_600_000, key: "time.minutes" },
  { unitMs: 3_600_000, belowMs: 48 * 3_600_000, key: "time.hours" },
  { unitMs: 86_400_000, belowMs: Number.POSITIVE_INFINITY, key: "time.days" },
] as const;

export function createFormat(language: Language, timeZone: string, t: Translate): Format {
  const significant = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 });
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const clock = new Intl.DateTimeFormat(language, { timeZone, timeStyle: "medium", hourCycle: "h23" });
  const minute = new Intl.DateTimeFormat(language, { timeZone, timeStyle: "short", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(language, { timeZone, dateStyle: "medium" });
  const zone = new Intl.DateTimeFormat(language, { timeZone, hour: "numeric", timeZoneName: "short" });

  const age = (ms: number): string => {
    const span = Math.max(0, ms);
    const step = STEPS.find(({ belowMs }) => span < belowMs) ?? STEPS[3];
    return t(step.key, { n: whole.format(Math.floor(span / step.unitMs)) });
  };

  return {
    number: (value) => significant.format(value),
    whole: (value) => whole.format(value),
    percent: (share) => percent.format(share),
    quantity(value, unit) {
      const symbol = unitSymbol(unit);
      return symbol === "" ? significant.format(value) : `${significant.format(value)} ${symbol}`;
    },
    time(ms, nowMs) {
      const text = clock.format(ms);
      const date = day.format(ms);
      return date === day.format(nowMs) ? text : `${date}, ${text}`;
    },
    clock: (ms) => clock.format(ms),
    minute: (ms) => minute.format(ms),
    zone: (ms) => zone.formatToParts(ms).find((part) => part.type === "timeZoneName")?.value ?? timeZone,
    age,
    ago: (ms) => t("time.ago", { age: age(ms) }),
  };
}
