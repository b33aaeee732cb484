import { z } from "zod";
import { JOURNAL_EVENTS } from "../../core/alarm-journal.ts";
import { share, time } from "./schema-parts.ts";
import { alarm } from "./schemas.ts";

export const journalEntry = z
  .object({
    time: time("When it was stored"),
    state: alarm.shape.state,
    what: z.enum(JOURNAL_EVENTS),
    by: z.string().optional(),
    reason: z.string().optional().describe("Key of a sentence, or an operator's words"),
  })
  .meta({ id: "JournalEntry", description: "One step of an alarm's life" });

export const similarAlarm = z
  .object({
    alarm,
    likeness: share.describe("1: the same reason, machine, source and evidence"),
    label: z.enum(["false", "not-sure", "real"]).optional().describe("What somebody who knows said of it"),
  })
  .meta({ id: "SimilarAlarm", description: "An earlier alarm that is like this one" });
