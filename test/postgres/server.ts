import { execFile } from "node:child_process";
import { chmod, chown, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, type ClientConfig } from "pg";
import { freePort } from "../free-port.ts";

const run = promisify(execFile);

/** A real PostgreSQL of its own, in a temporary folder. */
export interface PostgresServer {
  readonly port: number;
  /** Folder of its socket: whoever reaches it is the superuser. */
  readonly folder: string;
  /** Runs statements as the superuser; `before` runs on the same connection. */
  query(text: string, values?: readonly unknown[], before?: string): Promise<Record<string, unknown>[]>;
  /** "immediate": as if its machine had lost power. */
  stop(mode: "fast" | "immediate"): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes all of it. */
  close(): Promise<void>;
}

export interface ServerSettings {
  /** Whether it flushes to the disk: off unless the speed or the loss of power is looked at. */
  readonly fsync?: boolean;
  /** Certificate and key of the server, in files: without it, it speaks plain text. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Lines of postgresql.conf. */
  readonly more?: readonly string[];
}

/** Debian's folder of the version that we test against. */
const BIN = "/usr/lib/postgresql/15/bin";
const DATABASE = "plant";

export async function startPostgres(settings: ServerSettings = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-postgres-"));
  const as = await programs(folder);
  const data = join(folder, "data");
  await as("initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync");
  await writeFile(join(data, "pg_hba.conf"), HBA);
  await writeFile(join(data, "postgresql.auto.conf"), conf(settings, folder));
  if (settings.tls !== undefined) await takeCertificate(settings.tls, data);
  const cluster = await startCluster(as, folder, data);
  await cluster.query(`CREATE DATABASE ${DATABASE}`, [], "", "postgres");
  return cluster;
}

/** A server that follows another one; it is removed with it, and has to be closed before.
 *  The first one waits for it with each commit from now on, as it does where nothing may be lost in a fail-over. */
export async function startStandby(
  primary: PostgresServer,
): Promise<PostgresServer & { promote(): Promise<void> }> {
  const { folder } = primary;
  const as = await programs(folder);
  const data = join(folder, "standby");
  const from = ["-h", folder, "-p", String(primary.port), "-U", "postgres"];
  await as("pg_basebackup", ...from, "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync");
  const cluster = await startCluster(as, folder, data);
  await primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
  await primary.query("SELECT pg_reload_conf()");
  return {
    ...cluster,
    async promote() {
      await as("pg_ctl", "-D", data, "-w", "-t", "120", "promote");
      await cluster.query("ALTER SYSTEM SET synchronous_standby_names = ''");
      await cluster.query("SELECT pg_reload_conf()");
    },
    close: () => cluster.stop("immediate"),
  };
}

/** The key must be the server's own and nobody else's to read. */
async function takeCertificate({ certFile, keyFile }: NonNullable<ServerSettings["tls"]>, data: string) {
  await copyFile(certFile, join(data, "server.crt"));
  await copyFile(keyFile, join(data, "server.key"));
  await chmod(join(data, "server.key"), 0o600);
  const user = await unprivileged();
  if (user === undefined) return;
  for (const name of ["server.crt", "server.key"]) await chown(join(data, name), user.uid, user.gid);
}

type Run = (program: string, ...args: readonly string[]) => Promise<unknown>;

/** Runs PostgreSQL's programs as somebody who may. */
async function programs(folder: string): Promise<Run> {
  const user = await unprivileged();
  if (user === undefined) return (program, ...args) => run(join(BIN, program), args);
  await chown(folder, user.uid, user.gid);
  const become = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
  return (program, ...args) => run("setpriv", [...become, join(BIN, program), ...args], { cwd: folder });
}

interface Cluster extends PostgresServer {
  query(
    text: string,
    values?: readonly unknown[],
    before?: string,
    database?: string,
  ): Promise<Record<string, unknown>[]>;
}

async function startCluster(as: Run, folder: string, data: string): Promise<Cluster> {
  const port = await freePort();
  const client: ClientConfig = { host: folder, port, user: "postgres" };
  const control = (...args: readonly string[]) => as("pg_ctl", "-D", data, "-w", "-t", "120", ...args);
  const start = async () => {
    await control("-o", `-p ${port}`, "-l", `${data}.log`, "start");
  };
  const stop = async (mode: "fast" | "immediate") => {
    await control("-m", mode, "stop");
  };
  await start();
  return {
    port,
    folder,
    stop,
    start,
    async query(text, values = [], before = "", database = DATABASE) {
      const connection = new Client({ ...client, database });
      await connection.connect();
      try {
        await connection.query(before);
        return (await connection.query<Record<string, unknown>>(text, [...values])).rows;
      } finally {
        await connection.end();
      }
    },
    async close() {
      await stop("immediate");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const HBA = `local all postgres trust
local replication postgres trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
`;

const conf = ({ fsync = false, tls, more = [] }: ServerSettings, folder: string): string =>
  [
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${folder}'`,
    "max_connections = 40",
    `fsync = ${fsync ? "on" : "off"}`,
    "shared_buffers = '128MB'",
    `ssl = ${tls === undefined ? "off" : "on"}`,
    ...more,
    "",
  ].join("\n");

/** The server refuses to run as root: then Debian's own user of it is taken. */
async function unprivileged(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, "postgres"])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}
