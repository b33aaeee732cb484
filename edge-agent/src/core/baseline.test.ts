import { describe, expect, it } from "vitest";
import {
  type Baseline,
  defaultBaselinePolicy,
  emptyBaseline,
  LEAST_BASELINE_WINDOWS,
  learn,
  lookUp,
} from "./baseline.ts";
import { createPrng } from "./prng.ts";
import { type HealthyWindow, type LearntBand, spectrumRatioOf } from "./speed-band.ts";

const policy = { ...defaultBaselinePolicy, windows: 10, copies: 1 };
const empty = emptyBaseline("press/bearing", "listener 1.0.0");

/** A source of windows whose spectra scatter by 0.1 about a slope. */
function createSource(shaftHz = 25, seed = 1) {
  const uniform = createPrng(seed);
  const spectrum = () => Float32Array.from({ length: 8 }, (_, i) => i / 4 + 0.2 * (uniform() - 0.5));
  return (changes: Partial<HealthyWindow> = {}): HealthyWindow => ({
    sensorState: "valid",
    shaftHz,
    rms: 2 + 0.02 * (uniform() - 0.5),
    frame: Float32Array.of(1, 2, 3, uniform()),
    spectrum: spectrum(),
    copies: [spectrum()],
    ...changes,
  });
}

function learnMany(baseline: Baseline, windows: readonly HealthyWindow[], used = policy): Baseline {
  return windows.reduce((known, window) => learn(known, window, used), baseline);
}

const many = (count: number, source = createSource()): HealthyWindow[] =>
  Array.from({ length: count }, () => source());

function bandAt(baseline: Baseline, shaftHz: number): LearntBand {
  const knowledge = lookUp(baseline, shaftHz, policy);
  if (knowledge.kind !== "learnt") throw new TypeError(`nothing learnt at ${shaftHz} Hz`);
  return knowledge.band;
}

describe("learn", () => {
  it("counts its progress and is complete after as many windows as the policy says", () => {
    expect(lookUp(empty, 25, policy)).toEqual({ kind: "learning", progress: 0 });
    const half = learnMany(empty, many(5));
    expect(lookUp(half, 25, policy)).toEqual({ kind: "learning", progress: 0.5 });
    expect(lookUp(learnMany(empty, many(10)), 25, policy).kind).toBe("learnt");
  });

  it("takes ten windows at least, whatever the policy says", () => {
    const hasty = { ...policy, windows: 3 };
    expect(LEAST_BASELINE_WINDOWS).toBe(10);
    expect(lookUp(learnMany(empty, many(9), hasty), 25, hasty).kind).toBe("learning");
    expect(lookUp(learnMany(empty, many(10), hasty), 25, hasty).kind).toBe("learnt");
  });

  it("takes twenty windows and two copies of each by default", () => {
    expect(defaultBaselinePolicy).toMatchObject({ windows: 20, copies: 2, falseAlarmRate: 1e-3 });
    const baseline = many(20).reduce((known, window) => learn(known, window), empty);
    expect(lookUp(baseline, 25).kind).toBe("learnt");
  });

  it("averages the frames of the windows themselves", () => {
    const source = createSource();
    const windows = Array.from({ length: 10 }, (_, i) =>
      source({ frame: Float32Array.of(i, 10 - i, 1, -1) }),
    );
    const { healthyFrame } = bandAt(learnMany(empty, windows), 25);
    expect([...healthyFrame]).toEqual([4.5, 5.5, 1, -1]);
  });

  it("puts the limits where few healthy windows and all others come to lie", () => {
    const source = createSource();
    const band = bandAt(learnMany(empty, many(10, source)), 25);
    const ratios = many(500, source).map(({ spectrum }) => spectrumRatioOf(band, spectrum));
    expect(ratios.filter((ratio) => ratio > 1).length).toBeLessThanOrEqual(5);
    expect(
      spectrumRatioOf(
        band,
        Float32Array.from({ length: 8 }, (_, i) => 2 - i / 4),
      ),
    ).toBeGreaterThan(2);
  });

  it("asks for higher limits where false alarms are to be rarer", () => {
    const strict = { ...policy, falseAlarmRate: 1e-2 };
    const loose = { ...policy, falseAlarmRate: 1e-4 };
    const limit = (used: typeof policy) => {
      const knowledge = lookUp(learnMany(empty, many(10), used), 25, used);
      return knowledge.kind === "learnt" ? knowledge.band.spectrumLimit : 0;
    };
    expect(limit(strict)).toBeLessThan(limit(policy));
    expect(limit(policy)).toBeLessThan(limit(loose));
  });

  it("never takes a quarter more RMS for abnormal, and follows the scatter where it is larger", () => {
    const steady = bandAt(learnMany(empty, many(10)), 25);
    expect(steady.rms).toBeCloseTo(2, 1);
    expect(steady.rmsLimit / steady.rms).toBeCloseTo(1.25, 6);
    const source = createSource();
    const restless = Array.from({ length: 10 }, (_, i) => source({ rms: i % 2 === 0 ? 1 : 2 }));
    const band = bandAt(learnMany(empty, restless), 25);
    expect(band.rms).toBeCloseTo(Math.SQRT2, 6);
    // ln 2 / 2 x sqrt(10 / 9) deviation, 4.2977 x sqrt(1.1) of them
    expect(band.rmsLimit / band.rms).toBeCloseTo(Math.exp(0.36535 * 4.5067), 1);
  });

  it.each(["flat", "clipped", "disconnected", "bad-quality"] as const)(
    "learns nothing from a sensor that is %s",
    (sensorState) => {
      expect(learn(empty, createSource()({ sensorState }), policy)).toBe(empty);
    },
  );

  it.each([0, Number.NaN, Number.POSITIVE_INFINITY, -1])("learns nothing from an RMS of %f", (rms) => {
    expect(learn(empty, createSource()({ rms }), policy)).toBe(empty);
  });

  it.each(["frame", "spectrum"] as const)("learns nothing from a %s that is no number", (part) => {
    const window = createSource()({ [part]: Float32Array.of(1, Number.NaN) });
    expect(learn(empty, window, policy)).toBe(empty);
  });

  it("refuses windows of another model", () => {
    const begun = learn(empty, createSource()(), policy);
    expect(() => learn(begun, createSource()({ frame: new Float32Array(3) }), policy)).toThrow(RangeError);
    expect(() => learn(begun, createSource()({ copies: [new Float32Array(3)] }), policy)).toThrow(RangeError);
  });

  it("leaves the baseline it was given as it was", () => {
    const begun = learnMany(empty, many(3));
    const before = structuredClone(begun);
    learn(begun, createSource()(), policy);
    expect(begun).toEqual(before);
  });
});

describe("speed bands", () => {
  it("holds for 3 % about the mean speed of its windows, and says nothing of others", () => {
    const source = createSource();
    const windows = Array.from({ length: 10 }, (_, i) => source({ shaftHz: i % 2 === 0 ? 24.9 : 25.1 }));
    const closed = { ...policy, commissioningWindows: 10 };
    const baseline = learnMany(empty, windows, closed);
    expect(bandAt(baseline, 25).shaftHz).toBeCloseTo(25, 6);
    expect(lookUp(baseline, 25.7, closed).kind).toBe("learnt");
    expect(lookUp(baseline, 25.8, closed).kind).toBe("none");
    expect(lookUp(baseline, 24.3, closed).kind).toBe("learnt");
    expect(lookUp(baseline, 24.2, closed).kind).toBe("none");
    expect(lookUp(baseline, 0, closed).kind).toBe("none");
  });

  it("learns several speeds side by side, the unknown speed being one of them", () => {
    const [slow, fast, unknown] = [createSource(25), createSource(30), createSource(0)];
    const windows = Array.from({ length: 10 }, () => [slow(), fast(), unknown()]).flat();
    const baseline = learnMany(empty, windows);
    expect(baseline.bands.map(({ kind, shaftHz }) => [kind, Math.round(shaftHz)])).toEqual([
      ["learnt", 25],
      ["learnt", 30],
      ["learnt", 0],
    ]);
    expect(bandAt(baseline, Number.NaN).shaftHz).toBe(0);
  });

  it("takes the nearer of two bands that overlap", () => {
    const windows = [...many(10, createSource(25)), ...many(10, createSource(26))];
    const baseline = learnMany(empty, windows);
    expect(bandAt(baseline, 25.6).shaftHz).toBeCloseTo(26, 6);
    expect(bandAt(baseline, 25.4).shaftHz).toBeCloseTo(25, 6);
  });

  it("begins no new speed once commissioning is over", () => {
    const closing = { ...policy, commissioningWindows: 12 };
    const commissioned = learnMany(empty, many(12), closing);
    expect(commissioned.heard).toBe(12);
    expect(lookUp(commissioned, 40, closing)).toEqual({ kind: "none" });
    expect(learn(commissioned, createSource(40)(), closing)).toBe(commissioned);
    expect(learn(commissioned, createSource(25)(), closing)).toBe(commissioned);
  });

  it("leaves off learning a speed that commissioning did not complete", () => {
    const closing = { ...policy, commissioningWindows: 14 };
    const baseline = learnMany(empty, [...many(10), ...many(4, createSource(40))], closing);
    expect(lookUp(baseline, 40, closing)).toEqual({ kind: "none" });
  });

  it("stays in commissioning until the first speed is learnt", () => {
    const closing = { ...policy, commissioningWindows: 2 };
    expect(lookUp(learnMany(empty, many(9), closing), 25, closing)).toEqual({
      kind: "learning",
      progress: 0.9,
    });
    expect(lookUp(learnMany(empty, many(10), closing), 25, closing).kind).toBe("learnt");
  });

  it("keeps a bounded number of speeds: the least learnt gives way, a learnt one never", () => {
    const small = { ...policy, mostBands: 2 };
    const speeds = (baseline: Baseline) => baseline.bands.map(({ shaftHz }) => Math.round(shaftHz));
    const begun = learnMany(empty, [...many(3, createSource(20)), ...many(1, createSource(30))], small);
    const replaced = learn(begun, createSource(40)(), small);
    expect(speeds(replaced)).toEqual([20, 40]);
    const full = learnMany(empty, [...many(10, createSource(20)), ...many(10, createSource(30))], small);
    expect(lookUp(full, 40, small)).toEqual({ kind: "none" });
    expect(speeds(learn(full, createSource(40)(), small))).toEqual([20, 30]);
  });
});
