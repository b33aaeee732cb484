import { z } from "zod";

// What several schemas are made of.

/** Nothing that breaks a line of a log or turns its writing round. */
export const ONE_LINE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u;

export const personName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(ONE_LINE, "must be a name without control characters");

export const time = (what: string) =>
  z.string().meta({ format: "date-time", description: `${what}. RFC 3339, UTC, microseconds` });
export const machineId = z.string().describe("Machine: its asset path site/area/line/cell/asset");
export const sensorId = z.string().describe("Sensor: the id of its waveform tag");
export const count = z.int().min(0);
export const share = z.number().min(0).max(1);
