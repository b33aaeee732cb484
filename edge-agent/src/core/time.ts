/** Microseconds since 1970-01-01T00:00:00Z as a double: exact until the year 2255. */
export type TimeUs = number;

const MAX_TIME_US = 8.64e18 / 1000;

/** RFC 3339 in UTC with six decimals: "2026-11-22T08:15:30.123456Z".
 *  @throws RangeError on a time that is no finite number or beyond what a date can hold */
export function rfc3339(timeUs: TimeUs): string {
  if (!Number.isFinite(timeUs) || Math.abs(timeUs) > MAX_TIME_US) {
    throw new RangeError(`${timeUs} us is not a time`);
  }
  const whole = Math.round(timeUs);
  const ms = Math.floor(whole / 1000);
  const us = whole - ms * 1000;
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us).padStart(3, "0")}Z`;
}

const PATTERN = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)$/i;

/** The inverse of {@link rfc3339}; undefined where the text is no RFC 3339 time. */
export function parseRfc3339(text: string): TimeUs | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}${match[3]?.toUpperCase()}`);
  if (Number.isNaN(ms)) return undefined;
  return ms * 1000 + Number((match[2] ?? "").padEnd(6, "0"));
}
