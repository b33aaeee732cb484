import { readFileSync } from "node:fs";
import { get } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../free-port.ts";
import { type ApiServerFiles, apiServerArguments } from "./arguments.ts";
import type { Authority, Identity } from "./authority.ts";
import { type OwnedProcess, startOwned } from "./owned-process.ts";

export interface ApiServer {
  readonly port: number;
  /** Kills it: every watch breaks, every request is refused. */
  cut(): Promise<void>;
  /** Resolves when it is ready again, at the same port. */
  mend(signal: AbortSignal): Promise<void>;
  log(): string;
}

export interface ApiServerOptions {
  readonly program: string;
  readonly folder: string;
  readonly files: ApiServerFiles;
  readonly authority: Authority;
  readonly admin: Identity;
  readonly etcd: OwnedProcess;
}

const LOOK_MS = 100;
const ATTEMPTS = 5;

/** A free port may be taken by somebody before the server has it: then another one is tried. */
export async function startApiServer(options: ApiServerOptions, signal: AbortSignal): Promise<ApiServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const first = await come(options, port, signal);
    if (!first.isOver()) return serverAt(port, first, options);
    if (attempt === ATTEMPTS) throw new Error(`kube-apiserver does not start:\n${first.log()}`);
  }
}

function serverAt(port: number, first: OwnedProcess, options: ApiServerOptions): ApiServer {
  let now = first;
  return {
    port,
    log: () => now.log(),
    cut: () => now.kill(),
    async mend(signal) {
      while (now.isOver()) now = await come(options, port, signal);
    },
  };
}

/** @returns when it is ready, or over */
async function come(options: ApiServerOptions, port: number, signal: AbortSignal): Promise<OwnedProcess> {
  const { program, folder, files, etcd } = options;
  const server = startOwned(program, apiServerArguments(port, files), folder);
  try {
    while (!server.isOver() && !(await isReady(port, options))) {
      if (etcd.isOver()) throw new Error(`etcd ended:\n${etcd.log()}`);
      await pause(LOOK_MS, undefined, { signal });
    }
    return server;
  } catch (thrown) {
    await server.kill();
    throw thrown;
  }
}

function isReady(port: number, { authority, admin }: ApiServerOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      {
        ...{ host: "127.0.0.1", port, path: "/readyz", agent: false, ca: authority.ca },
        ...{ cert: readFileSync(admin.certFile), key: readFileSync(admin.keyFile) },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    // Not yet there: asked again.
    request.once("error", () => resolve(false));
  });
}
