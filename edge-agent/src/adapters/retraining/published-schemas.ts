import { z } from "zod";
import { retrainingRequest } from "./request-schema.ts";

/** What those who train read, by file name in models/schemas: JSON Schema 2020-12, open for what later agents add. */
export const publishedSchemas = (): Readonly<Record<string, string>> => ({
  "retraining-request.schema.json": text("Retraining request", retrainingRequest),
});

const text = (title: string, schema: z.ZodType): string =>
  `${JSON.stringify({ title, ...z.toJSONSchema(schema, { io: "input" }) }, undefined, 2)}\n`;
