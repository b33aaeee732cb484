import { InvalidArgumentError } from "commander";

/** Parsers of option values; commander names the option when they refuse. */

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= 1) return value;
  throw new InvalidArgumentError("must be a whole number of 1 or more");
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 604_800_000],
]);

/** "12h", "90d", "4w" in milliseconds. */
export function spanMs(text: string): number {
  const [, count, unit = ""] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  const unitMs = UNIT_MS.get(unit);
  if (count !== undefined && unitMs !== undefined) return Number(count) * unitMs;
  throw new InvalidArgumentError('must be a time like "12h", "90d" or "4w"');
}

/** A moment: RFC 3339, or how long from now. */
export type Moment = { readonly atMs: number } | { readonly inMs: number };

export function moment(text: string): Moment {
  if (/^\d+[hdw]$/.test(text)) return { inMs: spanMs(text) };
  const isDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const atMs = isDate ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return { atMs };
  throw new InvalidArgumentError(
    'must be a moment like "2027-01-31T12:00:00Z", or a time from now like "90d"',
  );
}

export const momentMs = (at: Moment, nowMs: number): number => ("atMs" in at ? at.atMs : nowMs + at.inMs);

export const gathered = (text: string, earlier: readonly string[] = []): readonly string[] => [
  ...earlier,
  text,
];
