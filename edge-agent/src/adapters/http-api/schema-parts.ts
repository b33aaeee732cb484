import { z } from "zod";

// What several schemas are made of.

export const time = (what: string) =>
  z.string().meta({ format: "date-time", description: `${what}. RFC 3339, UTC, microseconds` });
export const machineId = z.string().describe("Machine: its asset path site/area/line/cell/asset");
export const sensorId = z.string().describe("Sensor: the id of its waveform tag");
export const count = z.int().min(0);
export const share = z.number().min(0).max(1);
