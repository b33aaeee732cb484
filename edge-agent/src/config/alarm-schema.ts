import { z } from "zod";
import { CRITICALITIES } from "../core/alarm-priority.ts";
import { limitsProblem } from "../core/limits.ts";

const limit = z.number().optional();

export const limits = z
  .strictObject({
    lowLow: limit.describe("Below it: an alarm. All of them in the tag's unit"),
    low: limit.describe("Below it: a warning"),
    high: limit.describe("Above it: a warning"),
    highHigh: limit.describe("Above it: an alarm"),
    normalLow: limit.describe("The usual range: outside it the tag looks unusual and raises nothing"),
    normalHigh: limit,
    hysteresis: z.number().min(0).default(0).describe("So far within a limit a value must come back"),
    delayS: z.number().min(0).max(86_400).default(0).describe("So long a value must be beyond a limit"),
  })
  .superRefine((one, context) => {
    const problem = limitsProblem(one);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });

export const suppressWhile = z
  .strictObject({
    tag: z
      .string()
      .regex(/^[^/\s][^/]*(\/[^/\s][^/]*){0,4}$/)
      .describe("Name of a tag of the same asset, or area/line/cell/asset/name"),
    below: z.number().optional(),
    above: z.number().optional(),
    equals: z.union([z.number(), z.boolean()]).optional(),
  })
  .refine(
    ({ below, above, equals }) => below !== undefined || above !== undefined || equals !== undefined,
    'needs "below", "above" or "equals"',
  )
  .describe("While this holds, its alarms are suppressed by design");

export const criticality = z
  .enum(CRITICALITIES)
  .default("normal")
  .describe("What follows where it fails: together with the severity it makes an alarm's priority");

export type SuppressFile = z.infer<typeof suppressWhile>;
