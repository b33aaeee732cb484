import { z } from "zod";

/** OpenSSF Model Signing v1.0, sections 5 and 6: an in-toto Statement v1 about the files of one model. */
export const PREDICATE_TYPE = "https://model_signing/signature/v1.0";
export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in small hex digits");

// 6.1.2: relative, "/" between, no "." or ".." and nothing empty; what is not canonical is no path of ours.
const resourceName = z
  .string()
  .min(1)
  .refine((name) => name.split("/").every((part) => part !== "" && part !== "." && part !== ".."), {
    error: "must be a canonical relative path",
  });

export const statementSchema = z.looseObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.tuple([z.looseObject({ name: z.string().min(1), digest: z.looseObject({ sha256 }) })]),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.looseObject({
    resources: z
      .array(z.looseObject({ name: resourceName, digest: sha256, algorithm: z.literal("sha256") }))
      .min(1),
    serialization: z.looseObject({
      method: z.literal("files", { error: "only whole files are supported, not shards" }),
      hash_type: z.literal("sha256", { error: "only sha256 is supported" }),
      allow_symlinks: z.literal(false, { error: "a package has no symbolic links" }),
      ignore_paths: z.array(z.string()).optional(),
    }),
  }),
});

export type Statement = z.output<typeof statementSchema>;
