import { z } from "zod";
import type { RetrainingRequest } from "../../ports/retraining.ts";

const ratio = z.number().nonnegative();

/** The payload of a retraining request; published as models/schemas/retraining-request.schema.json. */
export const retrainingRequest: z.ZodType<RetrainingRequest> = z.object({
  schemaVersion: z.literal(1),
  id: z.string().regex(/^[0-9TZ]+-[0-9a-f]{8}$/),
  site: z.string().min(1),
  node: z.string().min(1),
  time: z.iso.datetime().describe("When drift was confirmed and no candidate was there"),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  model: z.object({
    name: z.string(),
    version: z.string(),
    digest: z.string().describe("sha256 of the manifest of the version that listened, hex"),
    sequence: z.int().positive(),
  }),
  machine: z.string(),
  sensors: z.array(z.string()),
  verdicts: z.array(
    z.object({
      sensor: z.string(),
      shaftHz: z.number().describe("Speed of the regime; 0 where unknown"),
      timeUs: z.number(),
      ratios: z
        .object({ embedding: ratio, input: ratio, output: ratio })
        .describe("Each layer's statistic over its threshold: above 1 is drift"),
      isDrift: z.boolean(),
      inARow: z.int().nonnegative(),
    }),
  ),
  frames: z.array(
    z.object({
      id: z.string().describe("Id of the recording in the data sets of this node"),
      key: z.string().exactOptional().describe("Where its samples lie, if they are uploaded already"),
    }),
  ),
});

/** What a request is called inside its DSSE envelope. */
export const REQUEST_TYPE = "application/vnd.stethos.retraining-request+json";
