import { execFile } from "node:child_process";
import { chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, type ClientConfig } from "pg";

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
  /** Lines of postgresql.conf. */
  readonly more?: readonly string[];
}

/** Debian's folder of the version that we test against. */
const BIN = "/usr/lib/postgresql/15/bin";
const DATABASE = "plant";

export async function startPostgres(settings: ServerSettings = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-postgres-"));
  const data = join(folder, "data");
  const port = await freePort();
  const user = await unprivileged();
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const as = (program: string, ...args: string[]) =>
    user === undefined
      ? run(join(BIN, program), args)
      : run(
          "setpriv",
          [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", join(BIN, program), ...args],
          { cwd: folder },
        );
  await mkdir(folder, { recursive: true });
  await as("initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync");
  await writeFile(join(data, "pg_hba.conf"), HBA);
  await writeFile(join(data, "postgresql.auto.conf"), conf(settings, folder));

  const client: ClientConfig = { host: folder, port, user: "postgres", database: "postgres" };
  const start = async () => {
    await as("pg_ctl", "-D", data, "-o", `-p ${port}`, "-l", join(folder, "log"), "-w", "-t", "120", "start");
  };
  const stop = async (mode: "fast" | "immediate") => {
    await as("pg_ctl", "-D", data, "-m", mode, "-w", "-t", "120", "stop");
  };
  const query = async (text: string, values: readonly unknown[] = [], before = "", database = DATABASE) => {
    const connection = new Client({ ...client, database });
    await connection.connect();
    try {
      await connection.query(before);
      return (await connection.query<Record<string, unknown>>(text, [...values])).rows;
    } finally {
      await connection.end();
    }
  };

  await start();
  await query(`CREATE DATABASE ${DATABASE}`, [], "", "postgres");
  return {
    port,
    folder,
    query,
    stop,
    start,
    async close() {
      await stop("immediate");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const HBA = `local all postgres trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
`;

const conf = ({ fsync = false, more = [] }: ServerSettings, folder: string): string =>
  [
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${folder}'`,
    "max_connections = 40",
    `fsync = ${fsync ? "on" : "off"}`,
    "shared_buffers = '128MB'",
    ...more,
    "",
  ].join("\n");

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}

/** The server refuses to run as root: then Debian's own user of it is taken. */
async function unprivileged(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, "postgres"])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}
