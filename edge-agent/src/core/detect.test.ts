import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Knowledge } from "./baseline.ts";
import { detect, type HeardWindow } from "./detect.ts";
import type { Features } from "./score.ts";
import type { LearntBand } from "./speed-band.ts";

const band: LearntBand = {
  kind: "learnt",
  shaftHz: 25,
  windows: 20,
  healthyFrame: Float32Array.of(0, 0),
  // Distance is the length of the spectrum.
  spectrum: { mean: Float64Array.of(0, 0), precision: Float64Array.of(1, 0, 0, 1) },
  spectrumLimit: 2,
  rms: 1,
  rmsLimit: 1.5,
};
const learnt: Knowledge = { kind: "learnt", band };
const judge = {
  model: "listener 1.0.0",
  classes: ["healthy", "inner-race", "outer-race", "ball", "shaft"],
  anomalyThreshold: 0.7,
};

const features = (rms: number): Features => ({
  rms,
  peak: 3 * rms,
  crest: 3,
  kurtosis: 3,
  skewness: 0,
  lines: [],
});

/** @param network 1 - P(healthy) */
function heard(
  network: number,
  spectrum: number,
  rms: number,
  changes: Partial<HeardWindow> = {},
): HeardWindow {
  return {
    machine: "hall/press",
    sensor: "hall/press/bearing",
    timeUs: 1_700_000_000_000_000,
    sequence: 7,
    shaftHz: 25,
    sensorState: "valid",
    features: features(rms),
    raw: {
      probabilities: Float32Array.of(1 - network, 0.1 * network, 0.7 * network, 0.1 * network, 0.1 * network),
      spectrum: Float32Array.of(spectrum, 0),
    },
    latencyMs: 12,
    ...changes,
  };
}

describe("detect", () => {
  it("scores a window against its baseline, with all that led to the score", () => {
    expect(detect(heard(0.9, 1, 1.2), learnt, judge)).toMatchObject({
      machine: "hall/press",
      sensor: "hall/press/bearing",
      timeUs: 1_700_000_000_000_000,
      sequence: 7,
      model: "listener 1.0.0",
      shaftHz: 25,
      sensorState: "valid",
      state: "scored",
      votes: { network: true, spectrum: false, rms: false },
      faultHint: "outer-race",
      spectrumRatio: 0.5,
      rmsRatio: 1.2,
      latencyMs: 12,
    });
  });

  it.each([
    [0.1, 1, 1, { network: false, spectrum: false, rms: false }],
    [0.71, 1, 1, { network: true, spectrum: false, rms: false }],
    [0.1, 2.01, 1, { network: false, spectrum: true, rms: false }],
    [0.1, 1, 1.51, { network: false, spectrum: false, rms: true }],
    [0.69, 1.99, 1.49, { network: false, spectrum: false, rms: false }],
  ])("lets each voice vote from its own limit on: %f, %f, %f", (network, spectrum, rms, votes) => {
    expect(detect(heard(network, spectrum, rms), learnt, judge).votes).toEqual(votes);
  });

  it("is abnormal, above 0.5, exactly when two of three vote", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const ratio = fc.double({ min: 0.15, max: 6, noNaN: true });
    fc.assert(
      fc.property(share, ratio, ratio, (network, spectrum, rms) => {
        const { anomaly, votes } = detect(heard(network, spectrum, rms), learnt, judge);
        const count = Object.values(votes ?? {}).filter(Boolean).length;
        expect(anomaly).toBeGreaterThanOrEqual(0);
        expect(anomaly).toBeLessThanOrEqual(1);
        // Within rounding of the limit both answers are right.
        if (Math.abs(anomaly - 0.5) > 1e-9) expect(anomaly > 0.5).toBe(count >= 2);
      }),
    );
  });

  it("grows with each voice", () => {
    const ratio = fc.double({ min: 0.15, max: 6, noNaN: true });
    fc.assert(
      fc.property(
        ratio,
        ratio,
        ratio,
        fc.double({ min: 1, max: 3, noNaN: true }),
        (net, spectrum, rms, more) => {
          const network = net / 7;
          const { anomaly } = detect(heard(network, spectrum, rms), learnt, judge);
          const louder = detect(
            heard(Math.min(1, network * more), spectrum * more, rms * more),
            learnt,
            judge,
          );
          expect(louder.anomaly).toBeGreaterThanOrEqual(anomaly - 1e-9);
        },
      ),
    );
  });

  it("gives 0.5 at the limits and 0.8 at twice the limits", () => {
    expect(detect(heard(0, 2, 1.5), learnt, judge).anomaly).toBeCloseTo(0.5, 9);
    expect(detect(heard(0, 4, 3), learnt, judge).anomaly).toBeCloseTo(0.8, 9);
    expect(detect(heard(0, 1e38, 1e300), learnt, judge).anomaly).toBe(1);
  });

  it("asks for as many votes as the policy wants", () => {
    const one = { votesNeeded: 1, standstillShare: 0.1 } as const;
    const three = { votesNeeded: 3, standstillShare: 0.1 } as const;
    expect(detect(heard(0.1, 3, 1), learnt, judge, one).anomaly).toBeGreaterThan(0.5);
    expect(detect(heard(0.1, 3, 1), learnt, judge).anomaly).toBeLessThan(0.5);
    expect(detect(heard(0.1, 3, 2), learnt, judge, three).anomaly).toBeLessThan(0.5);
    expect(detect(heard(0.9, 3, 2), learnt, judge, three).anomaly).toBeGreaterThan(0.5);
  });

  it("says that it is learning, or that this speed has no baseline, instead of alarming", () => {
    const loud = heard(1, 99, 99);
    for (const [knowledge, state] of [
      [{ kind: "learning", progress: 0.5 }, "learning"],
      [{ kind: "none" }, "no-baseline"],
    ] as const) {
      const score = detect(loud, knowledge, judge);
      expect(score).toMatchObject({ state, anomaly: 0, features: { rms: 99 } });
      expect(score).not.toHaveProperty("votes");
      expect(score).not.toHaveProperty("faultHint");
    }
  });

  it.each(["flat", "clipped", "disconnected", "bad-quality"] as const)(
    "scores nothing of a sensor that is %s",
    (sensorState) => {
      expect(detect(heard(1, 99, 99, { sensorState }), learnt, judge)).toMatchObject({
        sensorState,
        state: "not-scored",
        anomaly: 0,
      });
    },
  );

  it("scores nothing where the model was not asked", () => {
    const { raw: _, ...unasked } = heard(1, 99, 99);
    expect(detect(unasked, learnt, judge).state).toBe("not-scored");
  });

  it.each([
    [Number.NaN, 1],
    [0.9, Number.NaN],
    [0.9, Number.POSITIVE_INFINITY],
  ])("scores nothing where the model answered with %f and %f", (network, spectrum) => {
    expect(detect(heard(network, spectrum, 9), learnt, judge)).toMatchObject({
      state: "not-scored",
      anomaly: 0,
    });
  });

  it("takes a tenth of the usual vibration for a machine that stands still, not for a fault", () => {
    expect(detect(heard(1, 99, 0.09), learnt, judge)).toMatchObject({
      state: "not-scored",
      anomaly: 0,
      rmsRatio: 0.09,
    });
    expect(detect(heard(1, 99, 0.11), learnt, judge).state).toBe("scored");
  });

  it("goes on without the RMS voice where there are no features", () => {
    const { features: _, ...mute } = heard(0.9, 3, 1);
    const score = detect(mute, learnt, judge);
    expect(score).toMatchObject({ state: "scored", votes: { network: true, spectrum: true, rms: false } });
    expect(score.anomaly).toBeGreaterThan(0.5);
    expect(score).not.toHaveProperty("rmsRatio");
  });

  it("hints at no class that it does not know, and takes a model without a healthy class for silent", () => {
    const odd = { ...judge, classes: ["a", "b", "c", "d", "e"] };
    const score = detect(heard(0.9, 1, 1), learnt, odd);
    expect(score).not.toHaveProperty("faultHint");
    expect(score.votes?.network).toBe(false);
  });
});

describe("detect, while the network fails", () => {
  const degraded = { isDegraded: true } as const;
  const unheard = (rms: number, changes: Partial<HeardWindow> = {}): HeardWindow => {
    const { raw: _, ...window } = heard(0, 0, rms, { ...degraded, ...changes });
    return window;
  };

  it("judges by the RMS limit alone where no answer came, and says who had a say", () => {
    const calm = detect(unheard(1.2), learnt, judge);
    expect(calm).toMatchObject({ state: "degraded", votes: { rms: false }, rmsRatio: 1.2 });
    expect(calm.votes).toEqual({ rms: false });
    for (const key of ["spectrumRatio", "probabilities", "faultHint"]) expect(calm).not.toHaveProperty(key);
    const loud = detect(unheard(3), learnt, judge);
    expect(loud).toMatchObject({ state: "degraded", votes: { rms: true } });
    expect(loud.anomaly).toBeCloseTo(0.8, 9);
  });

  it("never believes the network, even where it answered; the spectrum that came with the answer counts", () => {
    const score = detect(heard(1, 1, 1, degraded), learnt, judge);
    expect(score).toMatchObject({
      state: "degraded",
      votes: { spectrum: false, rms: false },
      spectrumRatio: 0.5,
    });
    expect(score.votes).not.toHaveProperty("network");
    expect(score).not.toHaveProperty("faultHint");
    expect(score.anomaly).toBeLessThan(0.5);
    expect(detect(heard(0, 3, 1, degraded), learnt, judge).anomaly).toBeGreaterThan(0.5);
  });

  it("is abnormal exactly when one voice that is left votes, whatever the policy asks of three", () => {
    const ratio = fc.double({ min: 0.15, max: 6, noNaN: true });
    const policies = [1, 2, 3].map((votes) => ({ votesNeeded: votes as 1 | 2 | 3, standstillShare: 0.1 }));
    fc.assert(
      fc.property(
        fc.boolean(),
        ratio,
        ratio,
        fc.constantFrom(...policies),
        (answers, spectrum, rms, policy) => {
          const window = answers ? heard(0.9, spectrum, rms, degraded) : unheard(rms);
          const { anomaly, votes, state } = detect(window, learnt, judge, policy);
          expect(state).toBe("degraded");
          const isAny = Object.values(votes ?? {}).some(Boolean);
          if (Math.abs(anomaly - 0.5) > 1e-9) expect(anomaly > 0.5).toBe(isAny);
        },
      ),
    );
  });

  it("leaves the spectrum out of an answer that is no number", () => {
    const { votes } = detect(heard(0.9, Number.NaN, 1, degraded), learnt, judge);
    expect(votes).toEqual({ rms: false });
  });

  it("judges by the spectrum alone where there are no features, and not at all where nobody is left", () => {
    const { features: _, ...mute } = heard(0.9, 3, 1, degraded);
    expect(detect(mute, learnt, judge).votes).toEqual({ spectrum: true });
    const { features: __, ...silent } = unheard(1);
    expect(detect(silent, learnt, judge)).toMatchObject({ state: "not-scored", anomaly: 0 });
    expect(detect(unheard(Number.NaN), learnt, judge).state).toBe("not-scored");
  });

  it("still asks for a baseline, a sensor that hears and a machine that runs", () => {
    expect(detect(unheard(9), { kind: "learning", progress: 0.5 }, judge).state).toBe("learning");
    expect(detect(unheard(9), { kind: "none" }, judge).state).toBe("no-baseline");
    expect(detect(unheard(9, { sensorState: "clipped" }), learnt, judge).state).toBe("not-scored");
    expect(detect(unheard(0.05), learnt, judge).state).toBe("not-scored");
  });
});
