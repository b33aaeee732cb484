import { fleetReportSchema } from "@stethos/models";
import { z } from "zod";
import { retrainingRequest } from "./request-schema.ts";

// What is signed names the key that signs it (models/src/signing/self-signed.ts).
const fleetReport = fleetReportSchema.extend({
  publicKey: z
    .string()
    .describe("Of the device, SPKI in PEM: pin its fingerprint when the device is first seen"),
});

/** What those who train and those who lead a fleet read, by file name in models/schemas: JSON Schema 2020-12, open for what later agents add. */
export const publishedSchemas = (): Readonly<Record<string, string>> => ({
  "fleet-report.schema.json": text("Fleet report", fleetReport),
  "retraining-request.schema.json": text("Retraining request", retrainingRequest),
});

const text = (title: string, schema: z.ZodType): string =>
  `${JSON.stringify({ title, ...z.toJSONSchema(schema, { io: "input" }) }, undefined, 2)}\n`;
