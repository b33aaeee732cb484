import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, defaultLimits } from "./gate.ts";
import type { Report } from "./report.ts";

const side = { name: "listener", version: "0.1.0", files: {} };
const rates = { detection: 0.95, falseAlarms: 0.01 };

/** A candidate that is the current version once more. */
const even: Report = {
  schemaVersion: 1,
  candidate: side,
  current: side,
  samePreprocessing: true,
  sameClasses: true,
  golden: {
    windows: 84,
    candidate: { ...rates, accuracy: 0.94 },
    current: { ...rates, accuracy: 0.94 },
    better: 0,
    worse: 0,
  },
  recordings: { cwru: { candidate: rates, current: rates } },
  size: { int8Bytes: 25, fp32Bytes: 100 },
  latency: { sameGraph: false, candidateP50Ms: 2, currentP50Ms: 2, ratio: 1 },
};

const failed = (report: Report): readonly string[] =>
  decide(report, defaultLimits)
    .checks.filter(({ passed }) => !passed)
    .map(({ name }) => name);

const golden = (accuracy: number): Report => ({
  ...even,
  golden: { ...even.golden, candidate: { ...rates, accuracy } },
});

const recordings = (detection: number | null, falseAlarms: number | null): Report => ({
  ...even,
  recordings: { cwru: { candidate: { detection, falseAlarms }, current: rates } },
});

describe("the gate of an iteration", () => {
  it("passes what is as good as the current version", () => {
    expect(decide(even, defaultLimits).passed).toBe(true);
  });

  it.each([
    ["a candidate that is right two points less often", golden(0.92), []],
    ["more than two points", golden(0.919), ["golden accuracy"]],
    ["recordings whose faults are missed", recordings(0.93, 0.01), ["cwru detection"]],
    ["recordings with false alarms", recordings(0.95, 0.03), ["cwru false alarms"]],
    ["recordings that were not measured", recordings(null, null), ["cwru detection", "cwru false alarms"]],
    ["a graph of 33 per cent", { ...even, size: { int8Bytes: 33, fp32Bytes: 100 } }, ["size"]],
    ["a slower graph", { ...even, latency: { ...even.latency, candidateP50Ms: 3, ratio: 1.5 } }, ["latency"]],
    [
      "the same graph on a machine that was busy",
      { ...even, latency: { ...even.latency, sameGraph: true, ratio: 1.5 } },
      [],
    ],
    ["another preprocessing", { ...even, samePreprocessing: false }, ["preprocessing"]],
    ["other classes", { ...even, sameClasses: false }, ["classes"]],
  ] as const)("judges %s", (_, report, names) => {
    expect(failed(report)).toEqual(names);
    expect(decide(report, defaultLimits).passed).toBe(names.length === 0);
  });

  it("takes no notice of recordings that nobody was measured on", () => {
    const nothing = { detection: null, falseAlarms: null };
    expect(failed({ ...even, recordings: { mfpt: { candidate: nothing, current: nothing } } })).toEqual([]);
  });

  it("never refuses a candidate for being better", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, share, (accuracy, gain, detection, alarms) => {
        const better = {
          accuracy: Math.min(1, accuracy + gain),
          detection: Math.min(1, detection + gain),
          falseAlarms: Math.max(0, alarms - gain),
        };
        const current = { accuracy, detection, falseAlarms: alarms };
        const report = {
          ...even,
          golden: { ...even.golden, candidate: better, current },
          recordings: { cwru: { candidate: better, current } },
        };
        expect(failed(report)).toEqual([]);
      }),
    );
  });

  it("refuses every loss above the limit, and none below it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 84 }), fc.integer({ min: 0, max: 84 }), (before, lost) => {
        const [from, to] = [before / 84, Math.max(0, before - lost) / 84];
        const report = {
          ...even,
          golden: {
            ...even.golden,
            candidate: { ...rates, accuracy: to },
            current: { ...rates, accuracy: from },
          },
        };
        // 2 points of 84 windows are 1.68 windows: one may go wrong.
        expect(failed(report)).toEqual(before - Math.max(0, before - lost) > 1 ? ["golden accuracy"] : []);
      }),
    );
  });
});
