import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationText, parseDuration } from "./duration.ts";
import { type Hold, OFF, ON, stepHold } from "./hold.ts";
import { nearest } from "./nearest.ts";

describe("durations", () => {
  it("are read as people write them, and nothing else is", () => {
    expect(["5m", "10s", "1h30m", "250ms", "1.5h", "2d"].map(parseDuration)).toEqual([
      300e6, 10e6, 5400e6, 250e3, 5400e6, 172_800e6,
    ]);
    expect(["", "5", "5 m", "-5m", "m", "5x", "5m ", "1e3s", "."].map(parseDuration)).toEqual(
      new Array(9).fill(undefined),
    );
  });

  it("come back as they were written in milliseconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (ms) => {
        expect(parseDuration(durationText(ms * 1000))).toBe(ms * 1000);
      }),
    );
  });
});

describe("nearest", () => {
  it("finds what was meant and nothing that was not", () => {
    const names = ["temp", "pressure", "oil_level", "health"];
    expect(
      ["tmp", "temo", "TEMP", "presure", "oillevel", "pressrue"].map((name) => nearest(name, names)),
    ).toEqual(["temp", "temp", "temp", "pressure", "oil_level", "pressure"]);
    expect(["speed", "x", "current"].map((name) => nearest(name, names))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("stepHold", () => {
  const wait = { holdUs: 3, clearUs: 2 };

  it("turns exactly where a model that remembers everything turns", () => {
    const seen = fc.array(
      fc.record({ truth: fc.constantFrom(true, false, undefined), after: fc.integer({ min: 0, max: 3 }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(seen, (steps) => {
        let hold: Hold = OFF;
        let isOn = false;
        let now = 0;
        /** Judgements without a break that were against what counts. */
        let against: number[] = [];
        for (const { truth, after } of steps) {
          now += after;
          hold = stepHold(hold, truth, now, wait);
          against = truth === !isOn ? [...against, now] : [];
          if (truth === !isOn && now - (against[0] ?? now) >= (truth ? wait.holdUs : wait.clearUs)) {
            isOn = !isOn;
            against = [];
          }
          expect(hold.isOn).toBe(isOn);
        }
      }),
    );
  });

  it("begins to wait anew when the clock was set back", () => {
    const waiting = stepHold(OFF, true, 1000, wait);
    expect(stepHold(waiting, true, 10, wait)).toEqual({ isOn: false, againstSinceUs: 10 });
    expect(stepHold(stepHold(waiting, true, 10, wait), true, 13, wait)).toEqual(ON);
  });
});
