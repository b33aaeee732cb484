import { READINGS } from "./schema/1-readings.ts";
import { EVENTS } from "./schema/2-events.ts";
import { VIEWS } from "./schema/3-views.ts";
import type { Migration } from "./schema/step.ts";

/** In their order; the version of a schema is the number of steps that it has. */
export const MIGRATIONS: readonly Migration[] = [READINGS, EVENTS, VIEWS];

/** Tables that are divided by time, and go with the retention. */
export const TIMED_TABLES = ["reading", "reading_text", "score", "health"] as const;

/** Names that are ours in the schema. */
export const OWN_NAMES = [
  ...["agent", "delivery", "tag", ...TIMED_TABLES, "alarm", "gap"],
  ...["reading_named", "reading_text_named", "alarm_latest", "reading_1min", "reading_1h"],
] as const;
