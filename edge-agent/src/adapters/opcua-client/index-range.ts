import type { RawColumns } from "../../core/reading.ts";

/** A stretch of an array of one dimension. */
export interface IndexRange {
  /** As it travels: "5" or "0:99". */
  readonly text: string;
  readonly first: number;
  readonly count: number;
}

/** Undefined where several dimensions are named: they have no order that could be cut. */
export function parseIndexRange(text: string | undefined): IndexRange | undefined {
  if (text === undefined || text.includes(",")) return undefined;
  const [first = 0, last = first] = text.split(":").map(Number);
  return { text, first, count: last - first + 1 };
}

function rangeOf(first: number, count: number): IndexRange {
  return { text: count === 1 ? String(first) : `${first}:${first + count - 1}`, first, count };
}

/** The stretches of at most `most` elements that follow each other from `first` on. */
export function piecesOf(first: number, count: number, most: number): IndexRange[] {
  return Array.from({ length: Math.ceil(count / most) }, (_, i) =>
    rangeOf(first + i * most, Math.min(most, count - i * most)),
  );
}

interface Sliceable<T> {
  readonly length: number;
  slice(from: number, to: number): T;
}

/** What was asked for of an array: some servers (asyncua) send all of it whatever range was asked. */
export function cut<T extends Sliceable<T>>(array: T, range: IndexRange): T {
  return array.length > range.count ? array.slice(range.first, range.first + range.count) : array;
}

/** Row `row` after a value was asked for in part: an array of what was asked; the element itself where that is one. */
export function cutRow(rows: RawColumns, row: number, range: IndexRange): void {
  const array = rows.other.get(row);
  if (!Array.isArray(array)) return;
  const part = cut(array, range);
  const [only] = part;
  if (range.text.includes(":") || only === undefined) {
    rows.other.set(row, part);
    return;
  }
  if (typeof only === "string") {
    rows.other.set(row, only);
    return;
  }
  rows.value[row] = Number(only);
  if (typeof only === "boolean") rows.other.set(row, only);
  else rows.other.delete(row);
}
