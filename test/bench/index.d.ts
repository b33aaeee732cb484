import type { Bench, Targets } from "./harness.ts";
/** Every benchmark with what it must reach. */
export declare const benches: readonly {
  readonly bench: Bench;
  readonly targets: Targets;
}[];
