import { createHash } from "node:crypto";
import { escapeIdentifier, escapeLiteral } from "pg";
import { SinkError } from "../../ports/sink.ts";
import type { Link } from "./link.ts";
import { MIGRATIONS, OWN_NAMES } from "./migrations.ts";
import type { Layout, Migration } from "./schema/step.ts";

/** What a schema is, once it is ours and of our version. */
export interface SchemaFacts {
  readonly layout: Layout;
  /** Schema of TimescaleDB's functions; undefined on plain PostgreSQL. */
  readonly timescaleSchema: string | undefined;
}

interface Applied {
  readonly version: number;
  readonly checksum: string;
  readonly layout: Layout;
}

type Query = Pick<Link, "query" | "script">;

/** Brings the schema to our version, or finds that it is: one transaction, one agent at a time. Where nothing is to be done
 *  no right is needed but to read.
 *  @param steps all that this agent knows
 *  @throws SinkError "misfit" with what to do: tables that are not ours, a newer schema, a step that was changed */
export async function migrate(
  link: Query,
  schema: string,
  signal: AbortSignal,
  steps: readonly Migration[] = MIGRATIONS,
): Promise<SchemaFacts> {
  const before = await appliedSteps(link, schema, steps, signal);
  const timescaleSchema = await timescaleSchemaOf(link, signal);
  if (before.length === steps.length) return factsOf(before, timescaleSchema);
  // Two agents that come at once: the second waits here and finds the work done.
  await link.script(
    `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended(${escapeLiteral(`stethos:${schema}`)}, 0))`,
    signal,
  );
  const found = await appliedSteps(link, schema, steps, signal);
  if (found.length === 0) await begin(link, schema, signal);
  const layout = found.at(-1)?.layout ?? (timescaleSchema === undefined ? "plain" : "timescale");
  await link.script(
    [
      "SET LOCAL statement_timeout = 0",
      `SET LOCAL search_path = ${[schema, timescaleSchema].flatMap((name) => (name === undefined ? [] : escapeIdentifier(name))).join(", ")}`,
      ...steps.slice(found.length).map((step, i) => applying(step, found.length + i + 1, layout)),
      "COMMIT",
    ].join(";\n"),
    signal,
  );
  return { layout, timescaleSchema: layout === "plain" ? undefined : timescaleSchema };
}

const applying = (step: Migration, version: number, layout: Layout): string =>
  `${step.sql[layout]};
INSERT INTO migration (version, name, checksum, layout)
VALUES (${version}, ${escapeLiteral(step.name)}, '${checksumOf(step, layout)}', '${layout}')`;

const checksumOf = (step: Migration, layout: Layout): string =>
  createHash("sha256").update(step.sql[layout]).digest("hex");

function factsOf(applied: readonly Applied[], timescaleSchema: string | undefined): SchemaFacts {
  const layout = applied[0]?.layout ?? "plain";
  return { layout, timescaleSchema: layout === "plain" ? undefined : timescaleSchema };
}

/** The steps that a schema has; none where it is not there or not begun. */
async function appliedSteps(
  link: Query,
  schema: string,
  steps: readonly Migration[],
  signal: AbortSignal,
): Promise<readonly Applied[]> {
  const columns = await link.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    signal,
    [`${escapeIdentifier(schema)}.migration`],
  );
  if (columns.length === 0) return [];
  const names = columns.map((column) => column.name);
  const isOurs = ["version", "name", "checksum", "layout"].every((name) => names.includes(name));
  if (!isOurs) throw foreign(schema, ["migration"]);
  const applied = await link.query<Applied>(
    `SELECT version, checksum, layout FROM ${escapeIdentifier(schema)}.migration ORDER BY version`,
    signal,
  );
  if (applied.length > steps.length) {
    throw new SinkError(
      "misfit",
      `schema "${schema}" is of version ${applied.length} and this agent knows ${steps.length}: update the agent, or give the sink a schema of its own`,
    );
  }
  for (const [i, { version, checksum, layout }] of applied.entries()) {
    const step = steps[i];
    if (step !== undefined && version === i + 1 && checksumOf(step, layout) === checksum) continue;
    throw new SinkError(
      "misfit",
      `step ${i + 1} of schema "${schema}" is not the one of this agent: restore the schema, or give the sink one of its own`,
    );
  }
  return applied;
}

async function begin(link: Query, schema: string, signal: AbortSignal): Promise<void> {
  const found = await link.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = $1 AND relname = ANY($2) ORDER BY 1`,
    signal,
    [schema, OWN_NAMES],
  );
  if (found.length > 0) {
    throw foreign(
      schema,
      found.map((table) => table.name),
    );
  }
  const there = await link.query("SELECT FROM pg_namespace WHERE nspname = $1", signal, [schema]);
  // Asking for what is there would need the right to make it.
  const create = there.length > 0 ? "" : `CREATE SCHEMA ${escapeIdentifier(schema)};`;
  await link.script(
    `${create}
CREATE TABLE ${escapeIdentifier(schema)}.migration (
  version integer PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  layout text NOT NULL,
  applied timestamptz NOT NULL DEFAULT now()
)`,
    signal,
  );
}

const foreign = (schema: string, tables: readonly string[]): SinkError =>
  new SinkError(
    "misfit",
    `schema "${schema}" holds tables that are not ours (${tables.join(", ")}): set "schema" of the sink to a new name, or rename them`,
  );

/** Where the functions of TimescaleDB are; undefined without it, and under its licence that lacks compression and
 *  continuous aggregates. */
async function timescaleSchemaOf(link: Query, signal: AbortSignal): Promise<string | undefined> {
  const [found] = await link.query<{ name: string; licence: string | null }>(
    `SELECT nspname AS name, current_setting('timescaledb.license', true) AS licence
     FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'timescaledb'`,
    signal,
  );
  return found?.licence === "timescale" ? found.name : undefined;
}
