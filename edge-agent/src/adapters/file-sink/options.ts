import { z } from "zod";
import { STREAMS } from "../../core/outbox/outbound.ts";

/** The part of the configuration that the file sink reads. */
export const fileSinkOptions = z
  .strictObject({
    folder: z.string().min(1).describe("Where the files go; made where it is missing, not what it is in"),
    streams: z
      .array(z.enum(STREAMS))
      .min(1)
      .default([...STREAMS])
      .describe("What is written"),
    format: z.enum(["ndjson", "parquet"]).default("ndjson").describe("Form of the finished files"),
    gzip: z.boolean().default(false).describe("Compresses NDJSON; Parquet is compressed already"),
    maxFileBytes: z
      .int()
      .min(64 * 1024)
      .max(2 ** 30)
      .default(64 * 2 ** 20)
      .describe("A file is finished when so much is in it, before it is compressed, in bytes"),
    maxFileMinutes: z
      .number()
      .positive()
      .max(1440)
      .default(15)
      .describe("A file is finished at the latest after this, in minutes"),
    maxTotalBytes: z
      .int()
      .min(2 ** 20)
      .default(8 * 2 ** 30)
      .describe("What the folder may hold, in bytes"),
    whenFull: z
      .enum(["wait", "drop-oldest"])
      .default("wait")
      .describe("In a full folder: new data waits in the outbox, or the oldest finished files go"),
  })
  .refine(({ gzip, format }) => !gzip || format === "ndjson", {
    path: ["gzip"],
    error: "Parquet files are compressed already: leave gzip out",
  });

export type FileSinkOptions = z.infer<typeof fileSinkOptions>;
