import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in small hex digits");

// A skeleton; grows to ML.md section 3.
export const manifestSchema = z.looseObject({
  schemaVersion: z.literal(1),
  name: z.string().min(1),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  sequence: z.int().positive(),
  files: z.array(z.looseObject({ path: z.string(), role: z.string(), sha256, bytes: z.int().positive() })),
});

/** What a version says of itself. */
export type Manifest = z.output<typeof manifestSchema>;
