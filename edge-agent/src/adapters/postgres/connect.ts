import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import type { Clock } from "@stethos/protocol-finger/clock";
import { Client, escapeIdentifier } from "pg";
import { SinkError } from "../../ports/sink.ts";
import { sinkErrorOf } from "./fault.ts";
import { createLink, type Link } from "./link.ts";
import type { PostgresOptions } from "./options.ts";
import type { Target } from "./target.ts";

/** What a connection is made with. */
export type ConnectOptions = Pick<
  PostgresOptions,
  "name" | "schema" | "passwordFile" | "tls" | "connectTimeoutMs" | "answerTimeoutMs"
>;

const KEEP_ALIVE_MS = 10_000;
/** What a statement may take as a whole, over the longest silence within it. */
const SLOWEST = 10;

/** A connection to the first server of the target that takes writes, ready for work in the sink's schema.
 *  @throws SinkError that names the last server tried; the signal's reason */
export async function connect(
  target: Target,
  options: ConnectOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<Link> {
  let last: unknown;
  for (const server of target.servers) {
    const where = `postgres at ${server.host}:${server.port}/${target.database}`;
    try {
      return await connectTo(server, target, where, options, clock, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      last = sinkErrorOf(thrown, where);
    }
  }
  throw last;
}

async function connectTo(
  server: Target["servers"][number],
  target: Target,
  where: string,
  options: ConnectOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<Link> {
  signal.throwIfAborted();
  const [password, ssl] = await Promise.all([passwordOf(options.passwordFile), tlsOf(options.tls)]);
  const client = new Client({
    ...server,
    user: target.user,
    database: target.database,
    // A function: the client then looks neither into its environment nor into ~/.pgpass.
    password: () => password ?? "",
    ssl,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    connectionTimeoutMillis: options.connectTimeoutMs,
    application_name: `stethos ${options.name}`,
  });
  const link = createLink(client, where, options, clock);
  const onAbort = (): void => link.drop();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await client.connect();
    await prepare(link, options, signal);
    return link;
  } catch (thrown) {
    link.drop();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function prepare(link: Link, options: ConnectOptions, signal: AbortSignal): Promise<void> {
  const { answerTimeoutMs } = options;
  const answers = await link.script(
    [
      // The server says that it waits for a lock before it is taken for gone.
      `SET lock_timeout = ${Math.ceil(answerTimeoutMs / 2)}`,
      // A server that lost its agent lets go of the ledger's lock by itself. A COPY over a slow line takes long.
      `SET statement_timeout = ${SLOWEST * answerTimeoutMs}`,
      `SET idle_in_transaction_session_timeout = ${2 * answerTimeoutMs}`,
      "SET tcp_keepalives_idle = 30",
      "SET tcp_keepalives_interval = 10",
      "SET tcp_keepalives_count = 3",
      // Confirmed means kept: the server's default may be weaker.
      "SET synchronous_commit = on",
      "SET client_encoding = 'UTF8'",
      "SET timezone = 'UTC'",
      "SET standard_conforming_strings = on",
      `SET search_path = ${escapeIdentifier(options.schema)}`,
      "SELECT pg_is_in_recovery() AS standby",
    ].join(";\n"),
    signal,
  );
  const isStandby: unknown = answers.at(-1)?.rows[0]?.standby;
  if (isStandby !== false) throw new SinkError("unreachable", "the server is a standby and takes no writes");
}

async function passwordOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  } catch (thrown) {
    throw new SinkError("denied", `the password file ${file} cannot be read`, { cause: thrown });
  }
}

async function tlsOf(tls: ConnectOptions["tls"]): Promise<ConnectionOptions | false> {
  if (tls === undefined) return false;
  const read = async (file: string | undefined) =>
    file === undefined ? undefined : await readFile(file, "utf8");
  try {
    const [ca, cert, key] = await Promise.all([read(tls.caFile), read(tls.certFile), read(tls.keyFile)]);
    return {
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    };
  } catch (thrown) {
    throw new SinkError("denied", "a file of the tls options cannot be read", { cause: thrown });
  }
}
