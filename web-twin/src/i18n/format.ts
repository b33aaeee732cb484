import type { Language } from "./language.ts";
import type { Translate } from "./translate.ts";
import { type Conversion, conversionOf, convert, type UnitSystem, unitSymbol } from "./units.ts";

/** Numbers and times as people of one language and time zone write them. */
export interface Format {
  /** Four significant digits. */
  number(value: number): string;
  whole(value: number): string;
  /** 0.43 -> "43 %" */
  percent(share: number): string;
  /** In the unit that the reader prefers. */
  quantity(value: number, unit: string): string;
  /** How values of a unit are turned into the one that the reader prefers. */
  conversion(unit: string): Conversion;
  /** Symbol of the unit that the reader prefers. */
  symbol(unit: string): string;
  /** Time of day, without the date where it is today. */
  time(ms: number, nowMs: number): string;
  clock(ms: number): string;
  /** Hours and minutes. */
  minute(ms: number): string;
  /** Day and month. */
  date(ms: number): string;
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

/** @param system units that values are shown in */
export function createFormat(
  language: Language,
  timeZone: string,
  t: Translate,
  system: UnitSystem = "plant",
): Format {
  const significant = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 });
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const clock = new Intl.DateTimeFormat(language, { timeZone, timeStyle: "medium", hourCycle: "h23" });
  const minute = new Intl.DateTimeFormat(language, { timeZone, timeStyle: "short", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(language, { timeZone, dateStyle: "medium" });
  const date = new Intl.DateTimeFormat(language, { timeZone, month: "short", day: "numeric" });
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
      const shown = conversionOf(unit, system);
      const symbol = unitSymbol(shown.unit);
      const figure = significant.format(convert(value, shown));
      return symbol === "" ? figure : `${figure} ${symbol}`;
    },
    conversion: (unit) => conversionOf(unit, system),
    symbol: (unit) => unitSymbol(conversionOf(unit, system).unit),
    time(ms, nowMs) {
      const text = clock.format(ms);
      const on = day.format(ms);
      return on === day.format(nowMs) ? text : `${on}, ${text}`;
    },
    clock: (ms) => clock.format(ms),
    minute: (ms) => minute.format(ms),
    date: (ms) => date.format(ms),
    zone: (ms) => zone.formatToParts(ms).find((part) => part.type === "timeZoneName")?.value ?? timeZone,
    age,
    ago: (ms) => t("time.ago", { age: age(ms) }),
  };
}
