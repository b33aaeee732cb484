import type { Report } from "./harness.ts";
/** CPU and memory of an agent that reads 10,000 tags every second into its history, with the model loaded. */
export declare function agentAtRest(report: Report): Promise<{
  cpuCores: number;
  rssMiB: number;
}>;
/** Milliseconds from process start to the first reading over the API, of a small plant. */
export declare function firstReading(): Promise<number>;
