import type { Clock } from "@stethos/protocol-finger/clock";
import { escapeIdentifier } from "pg";
import { SinkError } from "../../ports/sink.ts";
import { connect } from "./connect.ts";
import { sinkErrorOf } from "./fault.ts";
import type { Link } from "./link.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { PostgresOptions } from "./options.ts";
import { parseTarget } from "./target.ts";

/** Logs in as the sink does and looks whether it could write; changes nothing.
 *  @returns what the database said, for a person
 *  @throws SinkError; the signal's reason */
export async function probePostgres(
  options: PostgresOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  const target = parseTarget(options.url);
  if (target === undefined) throw new TypeError("the url of the sink names no PostgreSQL database");
  const link = await connect(target, options, clock, signal);
  try {
    const [server] = await link.query<{ version: string }>(
      "SELECT current_setting('server_version') AS version",
      signal,
    );
    return `PostgreSQL ${server?.version ?? "?"}, ${await schemaState(link, options.schema, signal)}`;
  } catch (thrown) {
    signal.throwIfAborted();
    throw sinkErrorOf(thrown, `schema "${options.schema}" of database ${target.database}`);
  } finally {
    await link.end();
  }
}

interface Rights {
  readonly begun: boolean;
  readonly there: boolean;
  readonly may_make: boolean;
  readonly may_fill: boolean | null;
}

/** What the sink would meet; the privileges are those of PostgreSQL 15, table 9.68. */
const RIGHTS = `
SELECT to_regclass($1) IS NOT NULL AS begun,
  schema.oid IS NOT NULL AS there,
  has_database_privilege(current_database(), 'CREATE') AS may_make,
  has_schema_privilege(schema.oid, 'CREATE') AS may_fill
FROM (SELECT 1) AS one LEFT JOIN pg_namespace AS schema ON nspname = $2`;

async function schemaState(link: Link, schema: string, signal: AbortSignal): Promise<string> {
  const migrations = `${escapeIdentifier(schema)}.migration`;
  const [rights] = await link.query<Rights>(RIGHTS, signal, [migrations, schema]);
  if (rights?.begun === true) return await versionOf(link, schema, migrations, signal);
  const mayBegin = rights?.there === true ? rights.may_fill : rights?.may_make;
  if (mayBegin === true) return `schema "${schema}" is made at the first delivery`;
  const missing = rights?.there === true ? "has nothing of ours yet" : "is not there";
  throw new SinkError("denied", `schema "${schema}" ${missing}, and the role may not CREATE it`);
}

async function versionOf(
  link: Link,
  schema: string,
  migrations: string,
  signal: AbortSignal,
): Promise<string> {
  const [found] = await link.query<{ version: number; may_write: boolean }>(
    `SELECT coalesce(max(version), 0) AS version,
       coalesce(has_table_privilege(to_regclass($1), 'INSERT'), TRUE) AS may_write FROM ${migrations}`,
    signal,
    [`${escapeIdentifier(schema)}.reading`],
  );
  const { version, may_write: mayWrite } = found ?? { version: 0, may_write: true };
  const known = MIGRATIONS.length;
  if (version > known) {
    const what = `schema "${schema}" is of version ${version} and this agent knows ${known}`;
    throw new SinkError("misfit", `${what}: update the agent, or give the sink a schema of its own`);
  }
  if (!mayWrite) throw new SinkError("denied", `the role may not INSERT into schema "${schema}"`);
  const next = version < known ? `, brought to ${known} at the next delivery` : "";
  return `schema "${schema}" of version ${version}${next}`;
}
