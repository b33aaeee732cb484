import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StatusCode } from "../../core/quality.ts";
import { createUnits } from "./units.ts";

const alone = { units: 1, timeoutLimit: 3, retryMs: 5000 };
const three = { units: 3, timeoutLimit: 3, retryMs: 5000 };

describe("units behind a connection", () => {
  it("take a connection for dead after three questions in a row that a lone unit did not answer", () => {
    const units = createUnits(alone);
    expect([1, 2, 3].map((n) => units.timedOut(1, n * 1000, n * 1000 + 500))).toEqual([false, false, true]);
  });

  it("start to count anew after any answer", () => {
    const units = createUnits(alone);
    units.timedOut(1, 0, 1);
    units.timedOut(1, 2, 3);
    units.answered(1);
    expect([5, 7, 9].map((at) => units.timedOut(1, at, at + 1))).toEqual([false, false, true]);
  });

  it("count questions that were in flight together once", () => {
    const units = createUnits(alone);
    expect([0, 0, 0, 0, 0].map(() => units.timedOut(1, 0, 1000))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it("do not give up a connection for one silent unit among others that answer", () => {
    const units = createUnits(three);
    for (let scan = 0; scan < 50; scan += 1) {
      units.answered(1);
      expect(units.timedOut(2, scan * 1000, scan * 1000 + 500)).toBe(false);
    }
  });

  it("do not give up a connection whose units were silent from the start until all were, thrice", () => {
    const units = createUnits(three);
    const verdicts = Array.from({ length: 9 }, (_, i) =>
      units.timedOut(1 + (i % 3), i * 1000, i * 1000 + 500),
    );
    expect(verdicts).toEqual([false, false, false, false, false, false, false, false, true]);
  });

  it("give up a connection at once when several units that answered all fall silent", () => {
    const units = createUnits(three);
    for (const unit of [1, 2, 3]) units.answered(unit);
    expect([1, 2, 3].map((unit) => units.timedOut(unit, unit * 1000, unit * 1000 + 500))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("leave a silent unit alone for a while, when there are others", () => {
    const units = createUnits(three);
    for (const at of [0, 1000, 2000]) {
      units.answered(1);
      expect(units.restingStatus(2, at)).toBeUndefined();
      units.timedOut(2, at, at + 500);
    }
    expect(units.restingStatus(2, 7499)).toBe(StatusCode.BadTimeout);
    expect(units.restingStatus(2, 7500)).toBeUndefined();
    expect(units.restingStatus(1, 3000)).toBeUndefined();
  });

  it("leave a unit alone that its gateway cannot reach, until it answers", () => {
    const units = createUnits(three);
    units.away(2, StatusCode.BadCommunicationError, 100);
    expect(units.restingStatus(2, 200)).toBe(StatusCode.BadCommunicationError);
    units.answered(2);
    expect(units.restingStatus(2, 200)).toBeUndefined();
  });

  it("ask a lone unit on", () => {
    const units = createUnits(alone);
    units.away(1, StatusCode.BadOutOfService, 100);
    expect(units.restingStatus(1, 200)).toBeUndefined();
  });

  it("give up within the limit times the number of units, whatever order they fall silent in", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 })),
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 9 }),
        (answering, silent) => {
          const units = createUnits(three);
          for (const unit of answering) units.answered(unit);
          expect(silent.some((unit, i) => units.timedOut(unit, i * 1000, i * 1000 + 500))).toBe(true);
        },
      ),
    );
  });
});
