import { z } from "zod";
import { EdgeError } from "../../core/errors.ts";
import type { Label } from "../../core/label.ts";

/** What was said of one frame, oldest first: a correction does not hide what was said before. */
const labelsSchema = z.strictObject({
  schemaVersion: z.literal(1),
  labels: z
    .array(
      z.strictObject({
        frame: z.string(),
        verdict: z.enum(["false", "not-sure", "real"]),
        by: z.string(),
        timeUs: z.number(),
        source: z.enum(["operator", "work-order"]),
        note: z.string().exactOptional(),
      }),
    )
    .min(1),
});

/** Somebody who changes their mind more often than this loses the oldest of it. */
const MOST_CORRECTIONS = 32;

export const addLabel = (history: readonly Label[], label: Label): readonly Label[] =>
  [...history, label].slice(-MOST_CORRECTIONS);

export const labelsText = (labels: readonly Label[]): string =>
  `${JSON.stringify({ schemaVersion: 1, labels }, undefined, 1)}\n`;

/** @throws EdgeError DATA_INVALID */
export function parseLabels(text: string): readonly Label[] {
  try {
    return labelsSchema.parse(JSON.parse(text)).labels;
  } catch (cause) {
    throw new EdgeError("DATA_INVALID", "these are no labels of a frame", { cause });
  }
}
