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

describe("a cursor", () => {
  it("holds exactly what was not confirmed, in rising ranges of which the last has no end", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let cursor = cursorFrom(1);
        const open = new Set(openOf(cursor));
        for (const each of steps) {
          if (each.kind === "split") cursor = splitAt(cursor, each.at) ?? cursor;
          else {
            const left = without(cursor, each.from, each.from + each.length);
            if (left === undefined) continue;
            cursor = left;
            for (let n = each.from; n < each.from + each.length; n += 1) open.delete(n);
          }
        }
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
