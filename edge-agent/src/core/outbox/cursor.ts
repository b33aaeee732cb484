/** What a sink has not confirmed, as half-open ranges of batch numbers: rising, the last one without end.
 *  One range is the ordinary case; live first makes a second, and what is confirmed out of order makes more. */
export type Cursor = readonly NumberRange[];

export interface NumberRange {
  readonly from: number;
  /** Not in it any more; Infinity for what is to come. */
  readonly to: number;
}

/** More ranges than a cursor may have. */
export const MOST_RANGES = 64;

export const cursorFrom = (number: number): Cursor => [{ from: number, to: Number.POSITIVE_INFINITY }];

export const isOpen = (cursor: Cursor, number: number): boolean =>
  cursor.some(({ from, to }) => number >= from && number < to);

/** Everything below is confirmed. */
export const lowestOf = (cursor: Cursor): number => cursor[0]?.from ?? 0;

/** Begins a new last range at `number`; the one before ends there, and takes the one before that in where they touch.
 *  Undefined where that would be one range too many or would leave an empty one. */
export function splitAt(cursor: Cursor, number: number): Cursor | undefined {
  const last = cursor.at(-1);
  if (last === undefined || number <= last.from) return undefined;
  const before = cursor.at(-2);
  const touches = before?.to === last.from;
  const old = { from: touches ? before.from : last.from, to: number };
  const split = [...cursor.slice(0, touches ? -2 : -1), old, { from: number, to: last.to }];
  return split.length > MOST_RANGES ? undefined : split;
}

/** The cursor without the numbers from `from` up to before `to`: they are confirmed. Undefined where it would become too
 *  long: then they stay open, and are given once more. */
export function without(cursor: Cursor, from: number, to: number): Cursor | undefined {
  const left = cursor.flatMap((range): NumberRange[] => {
    if (to <= range.from || from >= range.to) return [range];
    const parts = [
      { from: range.from, to: Math.min(range.to, from) },
      { from: Math.max(range.from, to), to: range.to },
    ];
    return parts.filter((part) => part.from < part.to);
  });
  return left.length > MOST_RANGES ? undefined : left;
}
