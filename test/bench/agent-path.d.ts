import type { DeviceConfig } from "../../edge-agent/src/config/build-plant.ts";
import type { DeviceFile } from "../../edge-agent/src/config/schema.ts";
/** The agent's own acquisition with normalising, mirror and history, as fast as the device allows. */
export declare function startAcquisition(devices: readonly DeviceConfig[]): Promise<{
  values: () => number;
  counters: () => Readonly<Record<string, number>>;
  stop(): Promise<void>;
}>;
/** One scan group with tags at the given addresses, scanned every `periodMs`. */
export declare function deviceOf(
  device: DeviceFile,
  addresses: readonly string[],
  periodMs: number,
): DeviceConfig;
export declare const sleep: (ms: number) => Promise<void>;
/** Values a second over `ms`, after `warmMs` of warming up. */
export declare function rateOf(values: () => number, warmMs: number, ms: number): Promise<number>;
