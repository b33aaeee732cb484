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

/** A policy as the database has it. */
export interface PolicyFound {
  readonly table: string;
  readonly kind: "retention" | "compression";
  readonly days: number;
}

/** What finds the policies of a schema, given as its parameter. */
export const POLICIES_FOUND = `
SELECT hypertable_name AS table, replace(proc_name, 'policy_', '') AS kind,
  (extract(epoch FROM coalesce(config->>'drop_after', config->>'compress_after')::interval) / 86400)::float8 AS days
FROM timescaledb_information.jobs
WHERE hypertable_schema = $1 AND proc_name IN ('policy_retention', 'policy_compression')`;

/** Statements that bring the policies to the options, each on its own; what is right already is left alone, as a new
 *  policy begins its work anew. */
export function policyStatements(
  schema: string,
  timescaleSchema: string,
  { retentionDays, compressAfterDays }: Policies,
  found: readonly PolicyFound[],
): readonly string[] {
  const call = (name: string) => `${escapeIdentifier(timescaleSchema)}.${name}`;
  const wanted = TIMED_TABLES.flatMap((table): PolicyFound[] => [
    { table, kind: "retention", days: retentionDays },
    { table, kind: "compression", days: compressAfterDays },
  ]);
  const isThere = ({ table, kind, days }: PolicyFound) =>
    found.some((each) => each.table === table && each.kind === kind && each.days === days);
  const tables = wanted
    .filter((policy) => !isThere(policy))
    .flatMap(({ table, kind, days }) => [
      `SELECT ${call(`remove_${kind}_policy`)}(${relation(schema, table)}, if_exists => TRUE)`,
      `SELECT ${call(`add_${kind}_policy`)}(${relation(schema, table)}, INTERVAL '${days} days')`,
    ]);
  const aggregates = AGGREGATES.map(
    ({ name, bucketMinutes, lookBackHours, everyMinutes }) =>
      `SELECT ${call("add_continuous_aggregate_policy")}(${relation(schema, name)}, INTERVAL '${lookBackHours} hours', INTERVAL '${bucketMinutes} minutes', INTERVAL '${everyMinutes} minutes', if_not_exists => TRUE)`,
  );
  return [...tables, ...aggregates];
}

const relation = (schema: string, name: string): string =>
  `${escapeLiteral(`${escapeIdentifier(schema)}.${escapeIdentifier(name)}`)}::regclass`;

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
      `CALL ${escapeIdentifier(timescaleSchema)}.refresh_continuous_aggregate(${relation(schema, name)}, ${time(from)}, ${time(to)})`,
  );
}

/** Whether a policy will not look back to a time. */
export const isBeyondPolicies = (timeUs: number, nowUs: number): boolean =>
  timeUs < nowUs - Math.min(...AGGREGATES.map(({ lookBackHours }) => lookBackHours)) * HOUR_US;

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;
