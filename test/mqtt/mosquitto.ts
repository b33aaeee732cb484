import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../free-port.ts";

export interface MosquittoOptions {
  /** Without any, everybody may come in. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of an ACL file. */
  readonly acl?: string;
  readonly tls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
  /** Further lines of the configuration. */
  readonly extra?: readonly string[];
}

/** Debian's Mosquitto in a folder of its own. */
export interface Mosquitto {
  readonly port: number;
  readonly folder: string;
  /** Ends it (SIGTERM: it keeps its sessions) and starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** These are the users from now on; resolves when it has read them. */
  setUsers(users: Readonly<Record<string, string>>): Promise<void>;
  /** What it wrote to its log. */
  log(): string;
  close(): Promise<void>;
}

const ATTEMPTS = 20;

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-mosquitto-"));
  let child: ChildProcess | undefined;
  let log = "";
  let port = 0;

  async function start(): Promise<boolean> {
    const next = spawn("mosquitto", ["-c", join(folder, "mosquitto.conf")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = next;
    for (const stream of [next.stdout, next.stderr]) stream.on("data", (chunk) => (log += chunk));
    let isOver = false;
    next.once("exit", () => (isOver = true));
    while (!isOver) {
      if (await answers(port)) return !isOver;
      await pause(10);
    }
    return false;
  }

  async function stop(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, "exit");
    child.kill("SIGTERM");
    await over;
  }

  if (options.users !== undefined) writeUsers(folder, options.users);
  if (options.acl !== undefined) await writeFile(join(folder, "acl"), options.acl, { mode: 0o700 });
  for (let attempt = 1; ; attempt += 1) {
    // Mosquitto cannot choose a port by itself, and somebody may take this one first.
    port = await freePort();
    await writeFile(join(folder, "mosquitto.conf"), configuration(folder, port, options));
    if (await start()) break;
    if (attempt === ATTEMPTS) throw new Error(`mosquitto does not start:\n${log}`);
  }
  return {
    port,
    folder,
    log: () => log,
    stop,
    async restart() {
      await stop();
      while (!(await start())) await pause(10);
    },
    async setUsers(users) {
      writeUsers(folder, users);
      const seen = log.length;
      child?.kill("SIGHUP");
      while (!log.slice(seen).includes("Reloading config")) await pause(5);
    },
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number, options: MosquittoOptions): string {
  const { users, acl, tls, extra = [] } = options;
  return [
    `user ${userInfo().username}`,
    "log_dest stderr",
    "log_type all",
    "persistence true",
    `persistence_location ${folder}/`,
    // Nothing that an observer has not seen yet is thrown away.
    "max_queued_messages 0",
    `listener ${port} 127.0.0.1`,
    `allow_anonymous ${users === undefined}`,
    ...(users === undefined ? [] : [`password_file ${folder}/users`]),
    ...(acl === undefined ? [] : [`acl_file ${folder}/acl`]),
    ...(tls === undefined
      ? []
      : [`cafile ${tls.caFile}`, `certfile ${tls.certFile}`, `keyfile ${tls.keyFile}`]),
    ...extra,
    "",
  ].join("\n");
}

function writeUsers(folder: string, users: Readonly<Record<string, string>>): void {
  const file = join(folder, "users");
  for (const [i, [user, password]] of Object.entries(users).entries()) {
    execFileSync("mosquitto_passwd", ["-b", ...(i === 0 ? ["-c"] : []), file, user, password], {
      stdio: "ignore",
    });
  }
  chmodSync(file, 0o700);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
