import { bcdDigits } from "./bcd.ts";

interface Moment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Decimals of the second, as text. */
  readonly fraction: string;
}

/** DATE: days since 1990-01-01, until 2168-12-31 (STEP 7 help, "DATE"). */
export function dateText(days: number): string | undefined {
  return days > 65_378 ? undefined : new Date(Date.UTC(1990, 0, 1 + days)).toISOString().slice(0, 10);
}

/** Milliseconds since midnight, or undefined where they are more than a day. */
export const timeOfDayMs = (ms: number): number | undefined => (ms < 86_400_000 ? ms : undefined);

/** DATE_AND_TIME: eight BCD bytes: year (90..99 are 19xx), month, day, hour, minute, second, and three digits of
 *  milliseconds with the weekday in the last four bits (STEP 7 help, "Format of the data type DATE_AND_TIME").
 *  @returns ISO 8601 without an offset, for the controller does not say in which zone its clock runs */
export function dateAndTimeText(view: DataView, at: number): string | undefined {
  const two = (offset: number): number => bcdDigits(view.getUint8(at + offset), 2);
  const year = two(0);
  const ms = bcdDigits(view.getUint16(at + 6) >>> 4, 3);
  if (Number.isNaN(ms)) return undefined;
  return momentText({
    year: year + (year >= 90 ? 1900 : 2000),
    month: two(1),
    day: two(2),
    hour: two(3),
    minute: two(4),
    second: two(5),
    fraction: String(ms).padStart(3, "0"),
  });
}

/** DTL: year (2 bytes), month, day, weekday, hour, minute, second, nanoseconds (4 bytes); 1970 to 2262. */
export function dtlText(view: DataView, at: number): string | undefined {
  const year = view.getUint16(at);
  const nanoseconds = view.getUint32(at + 8);
  if (year < 1970 || year > 2262 || nanoseconds > 999_999_999) return undefined;
  return momentText({
    year,
    month: view.getUint8(at + 2),
    day: view.getUint8(at + 3),
    hour: view.getUint8(at + 5),
    minute: view.getUint8(at + 6),
    second: view.getUint8(at + 7),
    fraction: String(nanoseconds).padStart(9, "0"),
  });
}

// LDT ends at 2262-04-11 23:47:16.854775807 because its nanoseconds are a signed 64-bit number.
const NS_A_SECOND = 1_000_000_000n;

/** LDT: nanoseconds since 1970-01-01 00:00, never negative. */
export function ldtText(nanoseconds: bigint): string | undefined {
  if (nanoseconds < 0n) return undefined;
  const seconds = new Date(Number(nanoseconds / NS_A_SECOND) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(nanoseconds % NS_A_SECOND).padStart(9, "0")}`;
}

/** Undefined where a part is out of its range (NaN fails every comparison). */
function momentText(moment: Moment): string | undefined {
  const { year, month, day, hour, minute, second, fraction } = moment;
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  if (!(isDate && hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}.${fraction}`;
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
