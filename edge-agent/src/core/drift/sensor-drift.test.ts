import { describe, expect, it } from "vitest";
import type { Observation } from "./observation.ts";
import { isDue, rebaseSensor, stateOf } from "./sensor-drift.ts";
import { createEar, createSource, createTaughtEar, type Ear, quickPolicy } from "./test-kit.ts";

const { blockWindows, referenceWindows } = quickPolicy;

/** Verdicts of so many blocks. */
function blocks(ear: Ear, count: number, next: () => Observation) {
  return Array.from({ length: count * blockWindows }, () => ear.hear(next())).filter(
    (heeded) => heeded.verdict !== undefined,
  );
}

describe("drift of a sensor", () => {
  it("learns first, and says how far it is", () => {
    const ear = createEar();
    const source = createSource(1);
    for (let i = 0; i < referenceWindows / 2; i += 1) ear.hear(source());
    expect(stateOf(ear.sensor)).toMatchObject({ kind: "learning", progress: 0.5, warnings: 0 });
    for (let i = 0; i < referenceWindows / 2; i += 1) {
      expect(ear.hear(source())).toEqual({ verdict: undefined, isConfirmed: false });
    }
    expect(stateOf(ear.sensor)).toMatchObject({ kind: "stable", progress: 1 });
  });

  it("warns of healthy machines no more often than it promises, over 60 references", () => {
    let [judged, warned] = [0, 0];
    for (let seed = 1; seed <= 60; seed += 1) {
      const { ear, source } = createTaughtEar(seed);
      const told = blocks(ear, 100, source);
      judged += told.length;
      warned += told.filter(({ verdict }) => verdict?.isDrift === true).length;
    }
    expect(judged).toBe(6000);
    expect(warned).toBeGreaterThan(0);
    expect(warned).toBeLessThan((2 * judged) / quickPolicy.expectedRunBlocks);
  });

  it.each(["input", "embedding", "output"] as const)(
    "confirms a shift that only the layer of %s shows, once, and names the layer",
    (layer) => {
      const { ear, source } = createTaughtEar(2);
      blocks(ear, 4, source);
      const told = blocks(ear, 6, () => source({ [layer]: 5 }));
      expect(told.map(({ verdict }) => verdict?.inARow)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(told.map(({ isConfirmed }) => isConfirmed)).toEqual([false, false, true, false, false, false]);
      expect(stateOf(ear.sensor)).toMatchObject({ kind: "confirmed", warnings: 6, layer });
      expect(stateOf(ear.sensor).ratio).toBeGreaterThan(1);
    },
  );

  it("does not confirm two warnings with a quiet block after them", () => {
    const { ear, source } = createTaughtEar(3);
    const shifted = () => source({ embedding: 5 });
    const told = [
      ...blocks(ear, 2, shifted),
      ...blocks(ear, 1, source),
      ...blocks(ear, 2, shifted),
      ...blocks(ear, 1, source),
    ];
    expect(told.map(({ verdict }) => verdict?.inARow)).toEqual([1, 2, 0, 1, 2, 0]);
    expect(told.some(({ isConfirmed }) => isConfirmed)).toBe(false);
  });

  it("does not confirm drift for one odd window a block, however odd", () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { ear, source } = createTaughtEar(seed);
      const told = Array.from({ length: 4 * blockWindows }, (_, i) => {
        const seen = source();
        if (i % blockWindows === 2) seen.embedding[i % 6] = i % 2 === 0 ? 1e6 : -1e6;
        return ear.hear(seen);
      });
      expect(told.some(({ isConfirmed }) => isConfirmed)).toBe(false);
    }
  });

  it("is quiet again after so many blocks, and then confirms anew", () => {
    const { ear, source } = createTaughtEar(5);
    const shifted = () => source({ output: 6 });
    blocks(ear, 3, shifted);
    blocks(ear, quickPolicy.quietBlocks - 1, source);
    expect(stateOf(ear.sensor).kind).toBe("confirmed");
    blocks(ear, 1, source);
    expect(stateOf(ear.sensor).kind).toBe("stable");
    expect(blocks(ear, 3, shifted).at(-1)?.isConfirmed).toBe(true);
  });

  it("keeps speeds apart: another one is learnt before it is judged", () => {
    const { ear, source } = createTaughtEar(6);
    const fast = { regime: { shaftHz: 50, baselineRms: 2 } };
    for (let i = 0; i < referenceWindows; i += 1) {
      expect(ear.hear(source({ input: 20 }), fast).verdict).toBeUndefined();
    }
    for (let i = 1; i < blockWindows; i += 1) ear.hear(source({ input: 20 }), fast);
    expect(ear.hear(source({ input: 20 }), fast).verdict).toMatchObject({ isDrift: false, shaftHz: 50 });
    expect(ear.sensor.regimes).toHaveLength(2);
  });

  it("begins anew where the baseline of a speed was learnt again, and keeps so many speeds at most", () => {
    const { ear, source } = createTaughtEar(7, { ...quickPolicy, mostRegimes: 2 });
    ear.hear(source(), { regime: { shaftHz: 25, baselineRms: 1.5 } });
    expect(ear.sensor.regimes.map(({ baselineRms }) => baselineRms)).toEqual([1.5]);
    expect(stateOf(ear.sensor).kind).toBe("learning");
    ear.hear(source(), { regime: { shaftHz: 30, baselineRms: 1 } });
    ear.hear(source(), { regime: { shaftHz: 35, baselineRms: 1 } });
    expect(ear.sensor.regimes.map(({ shaftHz }) => shaftHz)).toEqual([35, 30]);
  });

  it("looks at a window only when it is due, also after the clock jumped back", () => {
    const { ear } = createTaughtEar(8);
    const { takenUs } = ear.sensor;
    expect(isDue(ear.sensor, takenUs + 999, quickPolicy)).toBe(false);
    expect(isDue(ear.sensor, takenUs + 1000, quickPolicy)).toBe(true);
    expect(isDue(ear.sensor, takenUs - 5000, quickPolicy)).toBe(true);
  });
});

describe("a sensor at fault", () => {
  it("is blind, which is no drift, and ends what was in a row", () => {
    const { ear, source } = createTaughtEar(9);
    blocks(ear, 2, () => source({ embedding: 5 }));
    for (let i = 0; i < 3; i += 1) {
      expect(ear.fail()).toEqual({ verdict: undefined, isConfirmed: false });
    }
    expect(stateOf(ear.sensor)).toMatchObject({ kind: "blind", warnings: 0 });
    // Back again, it is believed after as many valid windows.
    for (let i = 0; i < 2; i += 1) ear.hear(source());
    expect(stateOf(ear.sensor).kind).toBe("blind");
    const told = blocks(ear, 2, () => source({ embedding: 5 }));
    expect(told.map(({ verdict }) => verdict?.inARow)).toEqual([1, 2]);
    expect(told.some(({ isConfirmed }) => isConfirmed)).toBe(false);
  });

  it("counts for nothing where it is at fault now and then", () => {
    const { ear, source } = createTaughtEar(10);
    const told = Array.from({ length: 3 * blockWindows }, (_, i) => {
      if (i % 3 === 0) ear.fail();
      return ear.hear(source({ embedding: 5 }));
    });
    expect(told.filter(({ isConfirmed }) => isConfirmed)).toHaveLength(1);
    expect(stateOf(ear.sensor).kind).toBe("confirmed");
  });

  it("never starts anything by itself", () => {
    const { ear } = createTaughtEar(11);
    const told = Array.from({ length: 200 }, () => ear.fail());
    expect(told.every(({ verdict, isConfirmed }) => verdict === undefined && !isConfirmed)).toBe(true);
  });
});

describe("another champion", () => {
  it("has embeddings and scores of its own: they are learnt anew, what goes in stays known", () => {
    const { ear, source } = createTaughtEar(12);
    blocks(ear, 2, source);
    rebaseSensor(ear.sensor, "two", 5, quickPolicy);
    expect(stateOf(ear.sensor)).toMatchObject({ kind: "learning", progress: 0 });
    const two = { model: "two" };
    const told = Array.from({ length: blockWindows }, () => ear.hear(source({ embedding: 50 }), two)).at(-1);
    expect(told?.verdict).toMatchObject({ isDrift: false, ratios: { embedding: 0, output: 0 } });
    const loud = Array.from({ length: blockWindows }, () =>
      ear.hear(source({ embedding: 50, input: 20 }), two),
    ).at(-1);
    expect(loud?.verdict?.ratios.input).toBeGreaterThan(1);
  });

  it("is accepted with the machine as it is where that had drifted, and confirms nothing again", () => {
    const { ear, source } = createTaughtEar(13);
    const shifted = () => source({ input: 6 });
    blocks(ear, 3, shifted);
    expect(stateOf(ear.sensor).kind).toBe("confirmed");
    rebaseSensor(ear.sensor, "two", 5, quickPolicy);
    for (let i = 0; i < referenceWindows; i += 1) ear.hear(shifted(), { model: "two" });
    expect(stateOf(ear.sensor)).toMatchObject({ kind: "stable", warnings: 0 });
    const told = Array.from({ length: 4 * blockWindows }, () => ear.hear(shifted(), { model: "two" }));
    expect(told.some(({ isConfirmed }) => isConfirmed)).toBe(false);
  });

  it("is noticed by its digest where nobody told of it, also with vectors of another length", () => {
    const { ear, source } = createTaughtEar(14);
    const wide = (): Observation => ({
      ...source(),
      embedding: new Float32Array(9).fill(1),
      output: new Float32Array(3),
    });
    ear.hear(wide(), { model: "two" });
    expect(ear.sensor.regimes[0]?.model).toBe("two");
    expect(stateOf(ear.sensor).kind).toBe("learning");
    for (let i = 1; i < referenceWindows; i += 1) ear.hear(wide(), { model: "two" });
    expect(stateOf(ear.sensor).kind).toBe("stable");
  });
});
