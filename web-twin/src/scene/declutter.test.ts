import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LabelBox, labelAt, readable } from "./declutter.ts";

const label = (x: number, y: number, priority: number): LabelBox => ({
  x,
  y,
  width: 100,
  height: 20,
  priority,
});

describe("labels", () => {
  it("show their text where nothing more important is in the way", () => {
    expect(readable([label(0, 0, 0), label(50, 5, 6), label(0, 100, 0), label(300, 0, 0)])).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  it("never overlap where they show text, and the most important always does", () => {
    const anyLabel = fc.record({
      x: fc.integer({ min: 0, max: 500 }),
      y: fc.integer({ min: 0, max: 300 }),
      width: fc.constant(120),
      height: fc.constant(22),
      priority: fc.integer({ min: 0, max: 6 }),
    });
    fc.assert(
      fc.property(fc.array(anyLabel, { minLength: 1, maxLength: 30 }), (labels) => {
        const shown = readable(labels);
        const texts = labels.filter((_, i) => shown[i]);
        for (const [i, a] of texts.entries()) {
          for (const b of texts.slice(i + 1)) {
            expect(Math.abs(a.x - b.x) >= 120 || Math.abs(a.y - b.y) >= 22).toBe(true);
          }
        }
        const most = Math.max(...labels.map(({ priority }) => priority));
        expect(texts.some(({ priority }) => priority === most)).toBe(true);
      }),
    );
  });

  it("are hit from their top to their foot, the more important first", () => {
    const labels = [label(100, 100, 0), label(120, 100, 5), label(400, 100, 0)];
    expect(labelAt(labels, 110, 90)).toBe(1);
    expect(labelAt(labels, 60, 90)).toBe(0);
    expect(labelAt(labels, 400, 101)).toBeUndefined();
    expect(labelAt(labels, 400, 79)).toBeUndefined();
  });
});
