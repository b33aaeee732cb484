import { z } from "zod";
import { SPECTRUM_KINDS } from "../../core/analysis-dto.ts";
import { sensorId, time } from "./schema-parts.ts";

// Schemas of what the machine panel shows beside the newest state.

const hz = z.number().min(0);

export const spectrum = z
  .object({
    sensor: sensorId,
    kind: z.enum(SPECTRUM_KINDS),
    unit: z
      .string()
      .describe(
        'UCUM code of `level`. RMS amplitudes: "mm/s" of a velocity; "m/s2" of an acceleration, or the sensor\'s own unit ' +
          'where it measures none. "1" of an envelope: depth of modulation, 1 where its power swings by its own mean',
      ),
    time: time("Time of the block's first sample"),
    stepHz: z.number().positive().describe("Line i stands at i x stepHz"),
    level: z.array(z.number()).max(2048).describe("Where lines were pooled, the strongest of those around"),
    baseline: z
      .array(z.number())
      .max(2048)
      .optional()
      .describe(
        "Of the healthy machine at this speed: the mean line of each band that its baseline knows, as far up as it " +
          "knows them. Only of accelerations",
      ),
    shaftHz: hz.describe("Shaft speed, Hz; 0 where unknown: then there are no marks"),
    marks: z
      .array(
        z.object({
          name: z.enum(["1x", "2x", "BPFI", "BPFO", "BSF", "FTF"]),
          hz,
          harmonic: z.int().min(1).max(3),
        }),
      )
      .describe("Where lines may stand; BSF at twice the spin, for a defect meets both rings in each turn"),
    bandHz: z.array(z.number()).length(2).optional().describe("Of an envelope: its carrier band, Hz"),
  })
  .meta({ id: "Spectrum", description: "Amplitudes over frequency, with what its lines may mean" });

const entry = z.object({
  time: time("When it was filed"),
  number: z.string().describe("Of the work order, as the maintenance system names it"),
  finding: z.enum(["fault", "no-fault"]),
  by: z.string(),
  fromTime: time("From here on the machine was as it was found"),
  toTime: time("Until here"),
});

export const maintenance = z
  .object({
    last: entry.optional(),
    entries: z.array(entry).describe("Newest first"),
  })
  .meta({ id: "Maintenance", description: "What maintenance found at a machine" });
