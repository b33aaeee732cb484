import { z } from "zod";

/** The part of the configuration that the history reads. */
export const historyOptions = z.strictObject({
  file: z.string().min(1).describe("Database file; its folder is made where it is missing"),
  maxBytes: z
    .int()
    .min(16 * 2 ** 20)
    .default(2 * 2 ** 30)
    .describe("What the file and its log may take on the disk, in bytes; then the oldest readings go"),
  maxAgeDays: z
    .number()
    .positive()
    .max(36_500)
    .default(30)
    .describe("Readings go that are so much older than the newest, in days"),
  commitIntervalMs: z
    .int()
    .min(10)
    .max(1000)
    .default(250)
    .describe("What is handed over is on the disk after this, in milliseconds"),
  queueBytes: z
    .int()
    .min(4 * 2 ** 20)
    .default(32 * 2 ** 20)
    .describe("What may wait in memory for a slow or full disk before the oldest is given up, in bytes"),
  chunkMinutes: z
    .number()
    .positive()
    .max(1440)
    .default(60)
    .describe("Recent readings are compacted at the latest after this, in minutes"),
  chunkReadings: z
    .int()
    .min(1000)
    .max(4_000_000)
    .default(500_000)
    .describe("Recent readings are compacted as soon as there are so many; more cost memory and save disk"),
  queryTimeoutMs: z
    .int()
    .min(100)
    .max(120_000)
    .default(10_000)
    .describe("A question without an answer is given up after this, in milliseconds"),
});

export type HistoryOptions = z.infer<typeof historyOptions>;
