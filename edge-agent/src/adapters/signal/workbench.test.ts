import { describe, expect, it } from "vitest";
import { augment } from "../../core/augment.ts";
import { addNoise, createPrng } from "../../core/prng.ts";
import type { AnalysisRequest } from "../../ports/analyser.ts";
import { createWorkbench } from "./workbench.ts";

function noise(length: number, seed = 1): Float32Array {
  const samples = new Float32Array(length);
  addNoise(samples, 1, createPrng(seed));
  return samples;
}

const request = (changes: Partial<AnalysisRequest> = {}): AnalysisRequest => ({
  samples: noise(8192),
  sampleRateHz: 12_000,
  shaftHz: 29.95,
  modelRateHz: 12_000,
  windowSamples: 8192,
  hopSamples: 4096,
  augmentSeeds: [],
  ...changes,
});

describe("prepare", () => {
  it("makes one window of a block that is one, at the model's own rate", () => {
    const block = request();
    const { sensorState, windows, augmented } = createWorkbench().prepare(block);
    expect(sensorState).toBe("valid");
    expect(windows).toEqual([block.samples]);
    expect(augmented).toEqual([[]]);
  });

  it("brings blocks of any rate to the model's, and cuts them into overlapping windows", () => {
    const bench = createWorkbench();
    expect(bench.prepare(request({ samples: noise(17_476), sampleRateHz: 25_600 })).windows).toHaveLength(1);
    expect(bench.prepare(request({ samples: noise(17_470), sampleRateHz: 25_600 })).windows).toHaveLength(0);
    expect(bench.prepare(request({ samples: noise(34_953), sampleRateHz: 25_600 })).windows).toHaveLength(3);
  });

  it("gives arrays of their own: the next block changes none of them", () => {
    const bench = createWorkbench();
    const first = bench.prepare(request({ samples: noise(17_476, 1), sampleRateHz: 25_600 })).windows[0];
    const before = first?.slice();
    bench.prepare(request({ samples: noise(17_476, 2), sampleRateHz: 25_600 }));
    expect(first).toEqual(before);
  });

  it("adds a copy of each window for each seed, another one for each window", () => {
    const block = request({ samples: noise(12_288), augmentSeeds: [5, 6] });
    const { windows, augmented } = createWorkbench().prepare(block);
    expect(windows).toHaveLength(2);
    expect(augmented.map((copies) => copies.length)).toEqual([2, 2]);
    expect(augmented[0]?.[0]).toEqual(augment(windows[0] ?? new Float32Array(), 5));
    expect(augmented[1]?.[0]).not.toEqual(augment(windows[1] ?? new Float32Array(), 5));
  });

  it("makes no window of a block whose sensor cannot be believed", () => {
    const samples = noise(8192).map((value) => Math.min(1, value));
    expect(createWorkbench().prepare(request({ samples }))).toEqual({
      sensorState: "clipped",
      windows: [],
      augmented: [],
    });
  });

  it("goes on for more kinds of blocks than it keeps tools for", () => {
    const bench = createWorkbench();
    for (let rate = 13_000; rate < 33_000; rate += 1000) {
      const block = request({ samples: noise(rate), sampleRateHz: rate });
      const prepared = bench.prepare(block);
      expect(prepared.windows.length).toBe(1);
      expect(bench.features(block, prepared)?.rms).toBeCloseTo(1, 1);
    }
  });

  it("says which rates it cannot bring together", () => {
    expect(() => createWorkbench().prepare(request({ sampleRateHz: 1 }))).toThrow(/from 1 Hz to 12000 Hz/);
  });
});

describe("features", () => {
  const bearing = { name: "6205-2RS", rollers: 9, diameterRatio: 0.2034, contactAngleDeg: 0 };

  it("come from the block as it was taken, with what is known of bearing and unit", () => {
    const bench = createWorkbench();
    const block = request({
      samples: noise(17_476),
      sampleRateHz: 25_600,
      bearing,
      toMetresPerSecondSquared: 9.80665,
    });
    const features = bench.features(block, bench.prepare(block));
    expect(features?.rms).toBeCloseTo(1, 1);
    expect(features?.velocityRms).toBeGreaterThan(0);
    expect(features?.lines.map(({ name }) => name)).toEqual(["BPFO", "BPFI", "BSF", "FTF"]);
  });

  it("are not made of a sensor that cannot be believed, nor of a handful of samples", () => {
    const bench = createWorkbench();
    const flat = request({ samples: new Float32Array(8192) });
    expect(bench.features(flat, bench.prepare(flat))).toBeUndefined();
    const short = request({ samples: noise(255) });
    expect(bench.features(short, bench.prepare(short))).toBeUndefined();
  });
});
