import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { systemRandom } from "../../edge-agent/src/adapters/node/random.ts";
import { postgresOptions } from "../../edge-agent/src/adapters/postgres/options.ts";
import { createPostgresSink } from "../../edge-agent/src/adapters/postgres/sink.ts";
import type { Value } from "../../edge-agent/src/core/reading.ts";
import type { Sink } from "../../edge-agent/src/ports/sink.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { type PostgresProxy, startPostgresProxy } from "./fault-proxy.ts";
import type { PostgresServer } from "./server.ts";

/** A role and a schema of its own on a server, and a network in between that can be spoilt. */
export interface PlantDatabase {
  readonly schema: string;
  readonly role: string;
  readonly proxy: PostgresProxy;
  /** A sink that reaches it through the proxy. */
  sink(settings?: Readonly<Record<string, unknown>>): Sink;
  /** Statements as the superuser, in the schema. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** What is stored of readings, in the order in which it came. */
  rows(): Promise<readonly StoredReading[]>;
  /** The role's password is another one, or the sinks' again. */
  credentials(good: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface StoredReading {
  readonly tag: string;
  readonly node: string;
  readonly value: Value;
  readonly sequence: number;
  /** OPC UA status code. */
  readonly status: number;
  readonly timeUs: number;
  readonly agentTimeUs: number;
}

const PASSWORD = "what only the file knows";
/** Longer than an overloaded machine takes for an answer. */
const ANSWER_MS = 10_000;
/** So that batches with written-out times stay within it for years. */
const RETENTION_DAYS = 3650;

/** @param name of its schema and role; must be new to the server */
export async function createPlantDatabase(server: PostgresServer, name: string): Promise<PlantDatabase> {
  const passwordFile = join(server.folder, `${name}.password`);
  await writeFile(passwordFile, `${PASSWORD}\n`);
  await server.query(
    `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'; GRANT CREATE ON DATABASE plant TO ${name}`,
  );
  const proxy = await startPostgresProxy(server.port);
  const query = async (text: string, values: readonly unknown[] = []) => {
    const script = `SET search_path = ${name}`;
    return await server.query(text, values, script);
  };
  return {
    schema: name,
    role: name,
    proxy,
    query,
    sink: (settings = {}) =>
      createPostgresSink(
        postgresOptions.parse({
          kind: "postgres",
          url: `postgres://${name}@127.0.0.1:${proxy.port}/plant`,
          passwordFile,
          schema: name,
          retentionDays: RETENTION_DAYS,
          answerTimeoutMs: ANSWER_MS,
          ...settings,
        }),
        { clock: createSystemClock(), logger: silentLogger, random: systemRandom },
      ),
    async rows() {
      const [there] = await query("SELECT to_regclass('reading') IS NOT NULL AS is_there");
      if (there?.["is_there"] !== true) return [];
      return (await query(ROWS)).map((row) => row["row"] as StoredReading);
    },
    async credentials(good) {
      const password = good ? PASSWORD : "another one";
      await server.query(`ALTER ROLE ${name} PASSWORD '${password}'`);
    },
    async close() {
      await proxy.close();
      await server.query(
        `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '${name}'`,
      );
      await server.query(`DROP OWNED BY ${name} CASCADE; DROP ROLE ${name}`);
      await rm(passwordFile, { force: true });
    },
  };
}

/** Transactions in their order, then the order on the disk: nothing is ever updated there. */
const ROWS = `
SELECT json_build_object(
  'tag', tag.name,
  'node', tag.node,
  'value', coalesce(
    (SELECT reading_text.value FROM reading_text WHERE reading_text.tag_id = reading.tag_id
     AND reading_text.time = reading.time AND reading_text.sequence = reading.sequence LIMIT 1),
    to_jsonb(reading.value)),
  'sequence', reading.sequence,
  'status', reading.status::bigint & 4294967295,
  'timeUs', (extract(epoch FROM reading.time) * 1000000)::bigint,
  'agentTimeUs', (extract(epoch FROM reading.agent_time) * 1000000)::bigint) AS row
FROM reading JOIN tag ON tag.id = tag_id
ORDER BY reading.xmin::text::bigint, reading.tableoid::regclass::text, reading.ctid`;
