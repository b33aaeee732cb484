import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Blocks, enterBlock, regimeOf } from "./blocks.ts";

describe("blocks", () => {
  it("count the first frame of each and no late one", () => {
    const first = enterBlock({}, "m 1", 7, 10);
    expect(first).toEqual({ "m 1": 7 });
    expect(enterBlock(first ?? {}, "m 1", 7, 10)).toBeUndefined();
    expect(enterBlock(first ?? {}, "m 1", 6, 10)).toBeUndefined();
    expect(enterBlock(first ?? {}, "m 1", 8, 10)).toEqual({ "m 1": 8 });
  });

  it("forget the regime that was silent longest, but none that is in its block", () => {
    expect(enterBlock({ a: 3, b: 5 }, "c", 5, 2)).toEqual({ b: 5, c: 5 });
    expect(enterBlock({ a: 5, b: 5 }, "c", 5, 2)).toBeUndefined();
  });

  it("never count two frames of one regime and block, and never outgrow their bound", () => {
    const frame = fc.record({ regime: fc.constantFrom("a", "b", "c", "d", "e"), ahead: fc.nat(1) });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 200 }), (frames) => {
        let blocks: Blocks = {};
        let now = 0;
        const seen = new Set<string>();
        for (const { regime, ahead } of frames) {
          now += ahead;
          const next = enterBlock(blocks, regime, now, 3);
          if (next === undefined) continue;
          expect(seen.has(`${regime} ${now}`)).toBe(false);
          seen.add(`${regime} ${now}`);
          blocks = next;
          expect(Object.keys(blocks).length).toBeLessThanOrEqual(3);
        }
      }),
    );
  });

  it("tell speeds apart that are not close, and machines always", () => {
    expect(regimeOf("m", 25, 0.06)).toBe(regimeOf("m", 25.2, 0.06));
    expect(regimeOf("m", 25, 0.06)).not.toBe(regimeOf("m", 29, 0.06));
    expect(regimeOf("m", 25, 0.06)).not.toBe(regimeOf("n", 25, 0.06));
    expect(regimeOf("m", 0, 0.06)).toBe("m -");
  });
});
