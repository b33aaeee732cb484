import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Kube } from "./start-kube.ts";

/** What becomes of a request: a status instead of an answer, or "lose": it is done, and nobody hears of it. */
export type Fault = number | "lose" | undefined;

export interface AskedOf {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly isWatch: boolean;
}

/** A way to the API server that can be spoilt, with TLS of the same authority. */
export interface KubeGate {
  readonly server: string;
  /** Path of the account's kubeconfig with this way in it. */
  serviceAccount(namespace: string, name: string): Promise<string>;
  /** Asked for each request from now on. */
  setFault(fault: (asked: AskedOf) => Fault): void;
  /** Watches tell nothing until they are released: caches grow old, while everything else goes on. */
  holdWatches(): void;
  releaseWatches(): void;
  /** Breaks the connections of open watches. */
  cutWatches(): void;
  /** Ends open watches as the server does with a resource version that is too old: 410. */
  expireWatches(): void;
  readonly openWatches: number;
  close(): Promise<void>;
}

const EXPIRED = {
  type: "ERROR",
  object: {
    ...{ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" },
    ...{ message: "too old resource version: 1 (2)", reason: "Expired", code: 410 },
  },
};

interface Watch {
  readonly from: IncomingMessage;
  readonly to: ServerResponse;
}

export async function openKubeGate(kube: Kube): Promise<KubeGate> {
  const identity = kube.authority.issue("gate", "/CN=gate", ["subjectAltName=IP:127.0.0.1"]);
  const agent = new Agent({ keepAlive: true, ca: kube.authority.ca });
  const watches = new Set<Watch>();
  let isHeld = false;
  let faultOf: (asked: AskedOf) => Fault = () => undefined;

  function answer(from: IncomingMessage, to: ServerResponse, isWatch: boolean): void {
    to.writeHead(from.statusCode ?? 502, from.headers);
    if (!isWatch) {
      from.pipe(to);
      return;
    }
    // Else the client waits for a header until the first change.
    to.flushHeaders();
    const watch = { from, to };
    watches.add(watch);
    for (const side of [from, to]) side.once("close", () => end(watch));
    from.on("data", (chunk: Buffer) => to.write(chunk));
    if (isHeld) from.pause();
  }

  function end(watch: Watch): void {
    if (!watches.delete(watch)) return;
    watch.from.destroy();
    watch.to.end();
  }

  function pass(client: IncomingMessage, response: ServerResponse): void {
    const { method = "GET", url = "/", headers } = client;
    const isWatch = /[?&]watch=(true|1)\b/.test(url);
    const fault = faultOf({ method, url, isWatch });
    if (typeof fault === "number") {
      client.resume();
      response.writeHead(fault, { "content-type": "application/json" });
      response.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code: fault }));
      return;
    }
    const onward = request(new URL(url, kube.server), { method, headers, agent });
    onward.once("response", (from) => {
      if (fault === "lose") {
        from.resume();
        response.destroy();
      } else answer(from, response, isWatch);
    });
    // The server is away: so it looks from here too.
    onward.once("error", () => response.destroy());
    response.once("close", () => onward.destroy());
    client.pipe(onward);
  }

  const listener = createServer(
    { cert: readFileSync(identity.certFile), key: readFileSync(identity.keyFile) },
    pass,
  ).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const server = `https://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    server,
    async serviceAccount(namespace, name) {
      const text = await readFile(await kube.serviceAccount(namespace, name), "utf8");
      const file = join(kube.folder, `gate-${namespace}-${name}`);
      await writeFile(file, text.replace(kube.server, server), { mode: 0o600 });
      return file;
    },
    setFault(fault) {
      faultOf = fault;
    },
    holdWatches() {
      isHeld = true;
      for (const { from } of watches) from.pause();
    },
    releaseWatches() {
      isHeld = false;
      for (const { from } of watches) from.resume();
    },
    cutWatches() {
      for (const watch of [...watches]) {
        watch.to.destroy();
        end(watch);
      }
    },
    expireWatches() {
      for (const watch of [...watches]) {
        watch.to.write(`${JSON.stringify(EXPIRED)}\n`);
        end(watch);
      }
    },
    get openWatches() {
      return watches.size;
    },
    async close() {
      for (const watch of [...watches]) end(watch);
      listener.close();
      listener.closeAllConnections();
      await once(listener, "close");
      agent.destroy();
    },
  };
}
