import { z } from "zod";
import { NATURES } from "../fingerprint.ts";

const MOST_TEXT = 256;
const MOST_PATTERN = 200;

const text = z.string().min(1).max(MOST_TEXT);
const factValue = z.union([z.string().max(MOST_TEXT), z.number(), z.boolean()]);

const pattern = z
  .string()
  .min(1)
  .max(MOST_PATTERN)
  .refine(compiles, "is no regular expression")
  .refine((source) => !REPEATS_WITHIN_REPEAT.test(source), "repeats a group that repeats: it may never end")
  .describe("regular expression (ECMAScript); what it captures can be used in supports as $1 to $9");

function compiles(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return false;
    throw thrown;
  }
}

// "(a+)+": what makes a backtracking matcher take longer than a lifetime over a hundred characters.
const REPEATS_WITHIN_REPEAT = /\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)[+*{]/;

export const CONDITION_MEND =
  "must be a value, { pattern }, { oneOf: [...] }, { atLeast, atMost } or { exists }";

const condition = z.union(
  [
    factValue.describe("the fact is exactly this"),
    z.strictObject({ pattern }),
    z.strictObject({ oneOf: z.array(factValue).min(1).max(1000) }),
    z
      .strictObject({ atLeast: z.exactOptional(z.number()), atMost: z.exactOptional(z.number()) })
      .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, CONDITION_MEND),
    z.strictObject({ exists: z.boolean() }),
  ],
  CONDITION_MEND,
);

const label = text.describe(
  `plain, or with "$1" (captured by the first pattern) and "\${key}" (value of a fact)`,
);
const READ = /\$(\d|\{)/;
const readLabel = label.refine(
  (value) => READ.test(value),
  `is read from the device, never known: use "$1" or "\${key}"`,
);

const labels = z.strictObject({
  vendor: z.exactOptional(label),
  family: z.exactOptional(label),
  model: z.exactOptional(label),
  orderNumber: z.exactOptional(label),
  firmware: z.exactOptional(readLabel),
  serial: z.exactOptional(readLabel),
  nature: z.exactOptional(z.enum(NATURES)),
});

/** Labels of an example are what the signature must make of its facts: nothing is filled in. */
const plainLabels = z.strictObject({
  vendor: z.exactOptional(text),
  family: z.exactOptional(text),
  model: z.exactOptional(text),
  orderNumber: z.exactOptional(text),
  firmware: z.exactOptional(text),
  serial: z.exactOptional(text),
  nature: z.exactOptional(z.enum(NATURES)),
});

const FACT_KEY = /^[a-z0-9-]+(\.[A-Za-z0-9-]+)+$/;
const factKey = z.string().max(MOST_TEXT).regex(FACT_KEY, 'must be a key such as "s7.orderNumber"');

export const signatureEntry = z.strictObject({
  id: z
    .string()
    .max(MOST_TEXT)
    .regex(/^[a-z0-9][a-z0-9.-]*$/, "must be small letters, digits, dots and hyphens"),
  source: text.describe("who says so: a capture, a manual, a standard"),
  when: z
    .record(factKey, condition)
    .refine(
      (when) => Object.values(when).some((one) => !isAbsence(one)),
      "needs a condition that some fact fulfils",
    )
    .describe("conditions by the key of a fact; all must hold"),
  supports: labels.default({}),
  against: labels.default({}),
  weight: z.number().min(0).max(1).describe("how sure this alone makes us"),
  examples: z
    .array(z.strictObject({ facts: z.record(factKey, factValue), supports: plainLabels.default({}) }))
    .max(100)
    .default([]),
});

const isAbsence = (one: z.output<typeof condition>): boolean =>
  typeof one === "object" && "exists" in one && !one.exists;

export type SignatureEntry = z.output<typeof signatureEntry>;

/** A file of signatures. */
export const signatureFile = z.array(signatureEntry).max(10_000);
