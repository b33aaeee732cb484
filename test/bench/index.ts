import { acquire } from "./acquire.ts";
import { compat } from "./compat.ts";
import { deploy, deployTargets } from "./deploy.ts";
import { drift } from "./drift.ts";
import { fingerprint } from "./fingerprint.ts";
import { fleet } from "./fleet.ts";
import { frameLatency } from "./frame-latency.ts";
import { gate } from "./gate.ts";
import type { Bench, Targets } from "./harness.ts";
import { ingest } from "./ingest.ts";
import { peers } from "./peers.ts";
import { rules } from "./rules.ts";
import { soak } from "./soak.ts";
import { start } from "./start.ts";
import { swap } from "./swap.ts";
import { timescale } from "./timescale.ts";
import { twin } from "./twin.ts";
import { zoo } from "./zoo.ts";

/** Every benchmark with what it must reach. */
export const benches: readonly { readonly bench: Bench; readonly targets: Targets }[] = [
  {
    bench: frameLatency,
    targets: {
      p50Ratio: { most: 1.15 },
      p99Ms: { most: 86 },
      int8Speedup: { least: 2 },
      framesPerSecondRatio: { least: 0.9 },
    },
  },
  {
    bench: acquire,
    targets: {
      s7Ratio: { least: 0.9 },
      opcuaRatio: { least: 0.9 },
      modbusRatio: { least: 2 },
      cpuCores: { most: 0.5 },
      rssMiB: { most: 350 },
    },
  },
  {
    bench: compat,
    targets: { jobsPerS: { least: 200 }, realsPerS: { least: 10_000 }, ratioToLimit: { least: 0.9 } },
  },
  {
    bench: fingerprint,
    targets: {
      frames: { most: 6 },
      verdictMs: { most: 300 },
      timeVsNmap: { most: 1 },
      framesVsNmap: { most: 1 },
      factsVsNmap: { least: 1 },
      right: { least: 1 },
    },
  },
  {
    bench: zoo,
    targets: {
      adaptiveSuccess: { least: 99.2 },
      worstProfileSuccess: { least: 95 },
      falseLabels: { most: 0 },
      rightCause: { least: 100 },
    },
  },
  {
    bench: swap,
    targets: {
      lost: { most: 0 },
      duplicated: { most: 0 },
      reordered: { most: 0 },
      p99Ratio: { most: 1.5 },
      rssSlopeKiBPerSwap: { most: 64 },
    },
  },
  {
    bench: drift,
    targets: {
      arlRatio: { least: 0.5, most: 2 },
      "missed.load": { most: 0 },
      "missed.gain": { most: 0 },
      "missed.noise": { most: 0 },
      "missed.resonance": { most: 0 },
    },
  },
  {
    bench: gate,
    targets: {
      falsePromoteAtZero: { most: 0.05 },
      falsePromoteAtMinusHalf: { most: 0.01 },
      powerAtPlusHalf: { least: 0.8 },
    },
  },
  {
    bench: twin,
    targets: {
      firstFrameMs: { most: 1000 },
      firstFrame1MMs: { most: 1400 },
      drawnHzAll: { least: 9 },
      drawnHz5pct: { least: 18 },
      lost: { most: 0 },
      heapGrowthMB: { most: 5 },
      pickMs: { most: 1 },
      bundleGzKB: { most: 150 },
      B1: { most: 1.25 },
      B2: { most: 0.95 },
      B3: { most: 0.3 },
      B4: { least: 8 },
      B5: { least: 20 },
      B6: { least: 8 },
      B7: { most: 0.1 },
      B8: { most: 3.2 },
      B9: { most: 0.1 },
      "vsDeckgl.firstFrame": { least: 1 },
      "vsDeckgl.update": { least: 1 },
      "vsDeckgl.bundle": { least: 1 },
    },
  },
  { bench: start, targets: { firstReadingMs: { most: 3000 } } },
  { bench: ingest, targets: { readingsPerS: { least: 500_000 }, diskBytesPerReading: { most: 60 } } },
  {
    bench: timescale,
    targets: { pointsPerS: { least: 124_000 }, copyRatio: { least: 0.8 }, replayedRows: { most: 0 } },
  },
  {
    bench: soak,
    targets: {
      lost: { most: 0 },
      duplicated: { most: 0 },
      reordered: { most: 0 },
      dropped: { most: 0 },
      rssSlopeKiBPerMin: { most: 64 },
      walMiB: { most: 64 },
    },
  },
  { bench: rules, targets: { evalPerS: { least: 100_000 } } },
  { bench: deploy, targets: deployTargets },
  {
    bench: fleet,
    targets: {
      devices: { least: 1000 },
      consistent: { least: 1000 },
      compensated: { least: 100 },
      leaderChanges: { least: 3 },
      goodCompleted: { least: 1 },
      badHalted: { least: 1 },
    },
  },
  { bench: peers, targets: { cpuVsNodeRed: { most: 1 }, rssVsNodeRed: { most: 2 } } },
];
