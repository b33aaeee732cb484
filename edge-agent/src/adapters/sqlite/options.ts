import { z } from "zod";

/** The part of the configuration that the history reads. */
export const historyOptions = z.strictObject({
  /** The database file; its folder is made where it is missing. */
  file: z.string().min(1),
  /** What the file and its log may take on the disk, bytes. */
  maxBytes: z
    .int()
    .min(16 * 2 ** 20)
    .default(2 * 2 ** 30),
  maxAgeDays: z.number().positive().max(36_500).default(30),
  /** What is handed over is on the disk after this long, ms. */
  commitIntervalMs: z.int().min(10).max(1000).default(250),
  /** What may wait for the disk before the oldest is given up, bytes of memory. */
  queueBytes: z
    .int()
    .min(4 * 2 ** 20)
    .default(32 * 2 ** 20),
  /** Recent readings are compacted at the latest after this. */
  chunkMinutes: z.number().positive().max(1440).default(60),
  /** ... and as soon as there are so many of them. */
  chunkReadings: z.int().min(1000).max(4_000_000).default(500_000),
  /** A question that has no answer by then is given up, ms. */
  queryTimeoutMs: z.int().min(100).max(120_000).default(10_000),
});

export type HistoryOptions = z.infer<typeof historyOptions>;
