import { z } from "zod";

const MIB = 2 ** 20;

const file = z.strictObject({
  path: z.string().min(1).describe("Log file; its folder is made where it is missing"),
  maxBytes: z
    .int()
    .min(256 * 1024)
    .default(64 * MIB)
    .describe("A file that is larger gets the name <path>.1, that one <path>.2, and so on"),
  files: z.int().min(1).max(100).default(5).describe("How many such older files are kept"),
});

const loki = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .describe("Address of Loki, without a path: http://loki:3100; /loki/api/v1/push is added"),
    tenant: z.string().min(1).max(150).optional().describe("Sent as X-Scope-OrgID"),
    tokenFile: z.string().min(1).optional().describe("File whose first line is sent as a bearer token"),
    labels: z
      .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string().min(1).max(200))
      .refine((labels) => Object.keys(labels).length <= 10, "must be 10 at most: Loki allows 15 in all")
      .default({})
      .describe('Beside job="stethos", node and level; the same for every line'),
    batchLines: z.int().min(1).max(10_000).default(1000).describe("Lines of one push, at most"),
    batchMs: z.int().min(10).max(60_000).default(1000).describe("A line is pushed after this at the latest"),
    bufferBytes: z
      .int()
      .min(64 * 1024)
      .default(8 * MIB)
      .describe("What may wait in memory while Loki is away; then the oldest lines go and are counted"),
    timeoutMs: z.int().min(100).max(120_000).default(10_000).describe("The longest wait for an answer"),
  })
  .refine(({ url }) => URL.canParse(url) && new URL(url).username === "", {
    path: ["url"],
    error: "must not hold a user or password; use tokenFile",
  });

/** The section "logs" of the configuration file: where lines go beside standard error. */
export const logOptions = z.strictObject({ file: file.optional(), loki: loki.optional() });

export type LogSettings = z.output<typeof logOptions>;
export type FileSettings = z.output<typeof file>;
export type LokiSettings = z.output<typeof loki>;
