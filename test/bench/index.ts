import { acquire } from "./acquire.ts";
import { frameLatency } from "./frame-latency.ts";
import type { Bench, Targets } from "./harness.ts";
import { start } from "./start.ts";

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
  { bench: start, targets: { firstReadingMs: { most: 3000 } } },
];
