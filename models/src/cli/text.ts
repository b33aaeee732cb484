import { ZodError } from "zod";

/** The text of anything thrown, with its causes, on one line; what was said already is not said again. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const text = thrown.message.replace(/\s+/g, " ").trim() || thrown.name;
  // What zod found wrong is in the message before it, in our own words.
  if (thrown.cause === undefined || thrown.cause instanceof ZodError) return text;
  const cause = describeError(thrown.cause);
  return text.includes(cause) ? text : `${text} (${cause})`;
}

const UNITS = ["bytes", "kB", "MB", "GB"];

/** "11.4 MB": powers of 1000, as lines are sold. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
