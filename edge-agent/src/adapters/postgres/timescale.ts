import { escapeIdentifier, escapeLiteral } from "pg";
import type { TimeWindow } from "./examine.ts";
import { TIMED_TABLES } from "./migrations.ts";

/** What TimescaleDB keeps by itself; the rules among the numbers are held by tests. */
export interface Policies {
  readonly retentionDays: number;
  readonly compressAfterDays: number;
}

/** Aggregates, the longest time that a refresh looks back, and how often it runs. A refresh beyond the retention would take
 *  dropped readings for no readings and wipe the aggregate (timescaledb#2198). */
export const AGGREGATES = [
  { name: "reading_1min", bucketMinutes: 1, lookBackHours: 3, everyMinutes: 1 },
  { name: "reading_1h", bucketMinutes: 60, lookBackHours: 24, everyMinutes: 30 },
] as const;

/** Statements that bring the policies to the options, each on its own; they may be repeated at any time. */
export function policyStatements(
  schema: string,
  timescaleSchema: string,
  { retentionDays, compressAfterDays }: Policies,
): readonly string[] {
  const call = (name: string) => `${escapeIdentifier(timescaleSchema)}.${name}`;
  const relation = (name: string) =>
    `${escapeLiteral(`${escapeIdentifier(schema)}.${escapeIdentifier(name)}`)}::regclass`;
  const tables = TIMED_TABLES.flatMap((table) => [
    `SELECT ${call("remove_retention_policy")}(${relation(table)}, if_exists => TRUE)`,
    `SELECT ${call("add_retention_policy")}(${relation(table)}, INTERVAL '${retentionDays} days')`,
    `SELECT ${call("remove_compression_policy")}(${relation(table)}, if_exists => TRUE)`,
    `SELECT ${call("add_compression_policy")}(${relation(table)}, INTERVAL '${compressAfterDays} days')`,
  ]);
  const aggregates = AGGREGATES.flatMap(({ name, bucketMinutes, lookBackHours, everyMinutes }) => [
    `SELECT ${call("remove_continuous_aggregate_policy")}(${relation(name)}, if_exists => TRUE)`,
    `SELECT ${call("add_continuous_aggregate_policy")}(${relation(name)}, INTERVAL '${lookBackHours} hours', INTERVAL '${bucketMinutes} minutes', INTERVAL '${everyMinutes} minutes')`,
  ]);
  return [...tables, ...aggregates];
}

/** Statements that compute the aggregates of a time anew: for what came so late that no policy looks back to it
 *  (timescaledb#7960). Whole days, and none that the retention has begun to take. */
export function refreshStatements(
  schema: string,
  timescaleSchema: string,
  touched: TimeWindow,
  kept: TimeWindow,
): readonly string[] {
  const from = Math.max(Math.floor(touched.fromUs / DAY_US), Math.ceil(kept.fromUs / DAY_US) + 1) * DAY_US;
  const to = (Math.floor(touched.toUs / DAY_US) + 1) * DAY_US;
  if (from >= to) return [];
  const time = (us: number) => `'${new Date(us / 1000).toISOString()}'::timestamptz`;
  return AGGREGATES.map(
    ({ name }) =>
      `CALL ${escapeIdentifier(timescaleSchema)}.refresh_continuous_aggregate(${escapeLiteral(`${escapeIdentifier(schema)}.${escapeIdentifier(name)}`)}::regclass, ${time(from)}, ${time(to)})`,
  );
}

/** Whether a policy will not look back to a time. */
export const isBeyondPolicies = (timeUs: number, nowUs: number): boolean =>
  timeUs < nowUs - Math.min(...AGGREGATES.map(({ lookBackHours }) => lookBackHours)) * HOUR_US;

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;
