import { describe, expect, it } from "vitest";
import { createPrng } from "../prng.ts";
import type { PairedFrame } from "../rollout/paired-frame.ts";
import { defaultGatePolicy, type GatePolicy } from "./gate-policy.ts";
import { countLatency, type Latency, latencyChange, noLatency } from "./latency.ts";

const policy: GatePolicy = { ...defaultGatePolicy, warmUpFrames: 4, latencyBatchFrames: 32 };

const judged = (ms: number) => ({ probability: 0, isAnomalous: false, isAbnormal: false, ms });

const frame = (championMs: number, challengerMs: number, first: PairedFrame["first"]): PairedFrame => ({
  id: "f",
  machine: "m",
  sensor: "s",
  timeUs: 0,
  shaftHz: 25,
  champion: judged(championMs),
  challenger: judged(challengerMs),
  first,
  acted: "champion",
});

/** Who goes second takes `second` times as long, the challenger `ratio` times, and everything varies. */
function run(frames: number, ratio: number, second: number, seed: number): Latency {
  const random = createPrng(seed);
  const noise = (): number => Math.exp(0.3 * (random() + random() + random() - 1.5));
  let latency = noLatency;
  for (let i = 0; i < frames; i += 1) {
    const first = random() < 0.5 ? "champion" : "challenger";
    const base = 5 * noise();
    const champion = base * noise() * (first === "champion" ? 1 : second);
    const challenger = base * noise() * ratio * (first === "champion" ? second : 1);
    latency = countLatency(latency, frame(champion, challenger, first), policy);
  }
  return latency;
}

describe("latency", () => {
  it("knows nothing before there are enough batches", () => {
    expect(latencyChange(noLatency, "p50", 0.05).percent).toBeNaN();
    const { low, high } = latencyChange(run(300, 1, 1, 1), "p50", 0.05);
    expect([low, high]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it("is not fooled by going second costing a fifth more", () => {
    const latency = run(8000, 1, 1.2, 2);
    for (const quantile of ["p50", "p99"] as const) {
      const { low, high } = latencyChange(latency, quantile, 0.05);
      expect(low).toBeLessThan(0);
      expect(high).toBeGreaterThan(0);
      expect(high).toBeLessThan(5);
    }
  });

  it("measures a challenger that takes a tenth longer, and is sure of more than 5 per cent", () => {
    const { low, high, percent } = latencyChange(run(8000, 1.1, 1.2, 3), "p50", 0.05);
    expect(low).toBeGreaterThan(5);
    expect(low).toBeLessThan(10);
    expect(high).toBeGreaterThan(10);
    expect(percent).toBeCloseTo(10, -0.5);
  });

  it("holds at all times together: of 200 equal challengers, watched throughout, few seem slower", () => {
    let wrong = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      const random = createPrng(seed + 100);
      let latency = noLatency;
      for (let i = 0; i < 3000; i += 1) {
        const first = i % 2 === 0 ? "champion" : "challenger";
        latency = countLatency(latency, frame(1 + random(), 1 + random(), first), policy);
        if (i % 64 === 0 && latencyChange(latency, "p50", 0.05).low > 0) {
          wrong += 1;
          break;
        }
      }
    }
    expect(wrong).toBeLessThanOrEqual(14);
  });

  it("leaves out the warm-up, failures, and an order that runs ahead", () => {
    let latency = noLatency;
    for (let i = 0; i < 4; i += 1) latency = countLatency(latency, frame(1, 50, "champion"), policy);
    expect(latency.warmedUp).toBe(4);
    expect(latency.championFirst).toEqual([]);
    const failed = { ...frame(1, 1, "champion"), challenger: { failure: "dead" } };
    expect(countLatency(latency, failed, policy)).toBe(latency);
    for (let i = 0; i < 100; i += 1) latency = countLatency(latency, frame(1, 1, "champion"), policy);
    expect(latency.championFirst).toHaveLength(64);
    expect(latency.batches).toBe(0);
  });
});
