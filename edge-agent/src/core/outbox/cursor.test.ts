import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cursor, cursorFrom, isOpen, lowestOf, MOST_RANGES, splitAt, without } from "./cursor.ts";

const LIMIT = 200;
const openOf = (cursor: Cursor) =>
  Array.from({ length: LIMIT }, (_, n) => n).filter((n) => isOpen(cursor, n));

const step = fc.oneof(
  fc.record({ kind: fc.constant("split" as const), at: fc.nat(LIMIT) }),
  fc.record({
    kind: fc.constant("confirm" as const),
    from: fc.nat(LIMIT),
    length: fc.integer({ min: 1, max: 9 }),
  }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function after(cursor: Cursor, open: Set<number>, each: Step): Cursor {
  if (each.kind === "split") return splitAt(cursor, each.at) ?? cursor;
  const to = each.from + each.length;
  const left = without(cursor, each.from, to);
  if (left === undefined) return cursor;
  for (let number = each.from; number < to; number += 1) open.delete(number);
  return left;
}

describe("a cursor", () => {
  it("holds exactly what was not confirmed, in rising ranges of which the last has no end", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const open = new Set(openOf(cursorFrom(1)));
        const cursor = steps.reduce((before, each) => after(before, open, each), cursorFrom(1));
        expect(openOf(cursor)).toEqual([...open].sort((a, b) => a - b));
        expect(cursor.at(-1)?.to).toBe(Number.POSITIVE_INFINITY);
        for (const [i, { from, to }] of cursor.entries()) {
          expect(from).toBeLessThan(to);
          expect(from).toBeGreaterThanOrEqual(cursor[i - 1]?.to ?? 0);
        }
        expect(cursor.length).toBeLessThanOrEqual(MOST_RANGES);
      }),
    );
  });

  it("splits where news begins, so that history is a range of its own", () => {
    expect(splitAt(cursorFrom(3), 7)).toEqual([
      { from: 3, to: 7 },
      { from: 7, to: Number.POSITIVE_INFINITY },
    ]);
    expect(splitAt(cursorFrom(3), 3)).toBeUndefined();
  });

  it("does not grow beyond its bound: what is confirmed out of order stays open then", () => {
    let cursor = cursorFrom(0);
    for (let n = 1; n < 2 * MOST_RANGES; n += 2) cursor = without(cursor, n, n + 1) ?? cursor;
    expect(cursor).toHaveLength(MOST_RANGES);
    expect(without(cursor, 300, 301)).toBeUndefined();
    expect(lowestOf(without(cursor, 0, 1) ?? cursor)).toBe(2);
  });
});
