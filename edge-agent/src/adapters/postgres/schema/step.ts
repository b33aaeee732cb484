/** How time is divided: by TimescaleDB, or by partitions of a day. It is chosen when the schema is made. */
export type Layout = "timescale" | "plain";

/** One step of the schema. A step that was shipped is never changed: what comes later is another one. */
export interface Migration {
  readonly name: string;
  /** Statements for the schema that the search path names first. */
  readonly sql: Readonly<Record<Layout, string>>;
}
