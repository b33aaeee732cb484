import { z } from "zod";

/** The section "tracing" of the configuration file. Nothing is traced until somebody asks for a reading's way. */
export const tracingOptions = z.strictObject({
  otlp: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/ })
        .describe("Where the spans of a trace are sent too, OTLP over HTTP: http://collector:4318/v1/traces"),
      timeoutMs: z.int().min(100).max(120_000).default(10_000).describe("The longest wait for an answer"),
    })
    .optional(),
});

export type TracingSettings = z.output<typeof tracingOptions>;
