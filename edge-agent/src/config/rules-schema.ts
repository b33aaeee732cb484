import { z } from "zod";
import { durationText, parseDuration } from "../core/rules/duration.ts";

const LONGEST_US = 8.64e10;

const duration = z.string('must be a duration such as "10s"').transform((text, context) => {
  const us = parseDuration(text);
  if (us !== undefined && us <= LONGEST_US) return us;
  const problem = us === undefined ? "is no duration" : `is longer than ${durationText(LONGEST_US)}`;
  context.addIssue({ code: "custom", message: `"${text}" ${problem}; write it as 500ms, 10s, 5m or 1h30m` });
  return z.NEVER;
});

const glob = z
  .string()
  .regex(/^[^/\s]+(\/[^/\s]+){3,4}$/, 'must be "area/line/cell/asset", where * stands for any name');

const line = z.string().min(1).max(500);

const rule = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "must be of small letters, digits, dots and dashes, at most 64")
    .describe("Unique in the file; alarms and counters carry it"),
  for: z
    .strictObject({ asset: z.union([glob, z.array(glob).min(1)]) })
    .describe("The machines it holds for: area/line/cell/asset, with * for any name"),
  when: z.string('must be a CEL expression such as "machine.temp > 80"').min(1).describe("CEL: true raises"),
  hold: duration.prefault("0s").describe("So long it must stay true"),
  clear: duration.prefault("0s").describe("So long it must stay false before the alarm clears"),
  severity: z.enum(["warning", "alarm"]).default("warning"),
  message: z
    .union([line, z.strictObject({ en: line, zh: line.optional() })])
    .optional()
    .describe("In plain words; {machine.temp} is replaced by the value, {machine} by the machine's name"),
  units: z.record(z.string(), z.string()).default({}).describe("The units that the rule was written for"),
  types: z
    .record(z.string(), z.enum(["bool", "double", "string"]))
    .default({})
    .describe("Tags that are no numbers: bool, string"),
});

/** A file of rules, version 1. */
export const rulesFile = z
  .strictObject({ version: z.literal(1), rules: z.array(rule).max(1000) })
  .superRefine(({ rules }, context) => {
    const seen = new Set<string>();
    rules.forEach(({ name }, i) => {
      if (seen.has(name))
        context.addIssue({
          code: "custom",
          path: ["rules", i, "name"],
          message: `there are two rules "${name}"; give one another name`,
        });
      seen.add(name);
    });
  });

/** Where the agent's configuration names them. */
export const rulesSettings = z
  .strictObject({ file: z.string().min(1).describe("YAML file of rules; read again as soon as it is saved") })
  .optional();

export type RuleFile = z.infer<typeof rule>;
