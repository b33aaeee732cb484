import { z } from "zod";

const policy = (usual: Policy) =>
  z
    .enum(["reject", "drop-oldest"])
    .default(usual)
    .describe(
      "When the outbox is full: give up the oldest of this stream for the new, or keep them and refuse the new when nothing else can go",
    );

export type Policy = "drop-oldest" | "reject";

/** The part of the configuration that the outbox reads. */
export const outboxOptions = z.strictObject({
  file: z.string().min(1).describe("Database file; its folder is made where it is missing"),
  maxBytes: z
    .int()
    .min(2 ** 20)
    .default(2 * 2 ** 30)
    .describe("What the file and its log may take on the disk, in bytes"),
  maxAgeHours: z
    .number()
    .positive()
    .max(87_600)
    .default(168)
    .describe("What no sink took within this is given up, in hours during which the agent ran"),
  minFreeBytes: z
    .int()
    .min(0)
    .default(256 * 2 ** 20)
    .describe("The file does not grow while less than this is free on its disk, in bytes"),
  commitMs: z
    .int()
    .min(10)
    .max(1000)
    .default(250)
    .describe("What is handed over is on the disk after this, in milliseconds"),
  commitReadings: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe("A commit does not wait any longer once so many readings are together"),
  queueBytes: z
    .int()
    .min(2 ** 20)
    .default(32 * 2 ** 20)
    .describe("What may wait in memory for a slow or full disk, in bytes"),
  policy: z
    .strictObject({
      readings: policy("drop-oldest"),
      scores: policy("drop-oldest"),
      health: policy("drop-oldest"),
      alarms: policy("reject"),
      gaps: policy("drop-oldest"),
    })
    .prefault({}),
});

export type OutboxOptions = z.infer<typeof outboxOptions>;
