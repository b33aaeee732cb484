import { READINGS } from "./schema/1-readings.ts";
import { EVENTS } from "./schema/2-events.ts";
import { VIEWS } from "./schema/3-views.ts";

/** How time is divided: by TimescaleDB, or by partitions of a day. It is chosen when the schema is made. */
export type Layout = "timescale" | "plain";

/** One step of the schema. A step that was shipped is never changed: what comes later is another one. */
export interface Migration {
  readonly name: string;
  /** Statements for the schema that the search path names first. */
  readonly sql: Readonly<Record<Layout, string>>;
}

/** In their order; the version of a schema is the number of steps that it has. */
export const MIGRATIONS: readonly Migration[] = [READINGS, EVENTS, VIEWS];

/** Tables that are divided by time, and go with the retention. */
export const TIMED_TABLES = ["reading", "reading_text", "score", "health"] as const;

/** Names that are ours in the schema. */
export const OWN_NAMES = [
  ...["agent", "delivery", "tag", ...TIMED_TABLES, "alarm", "gap"],
  ...["reading_named", "reading_text_named", "alarm_latest", "reading_1min", "reading_1h"],
] as const;
