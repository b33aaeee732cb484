import { createHash } from "node:crypto";
import type { RequestOptions } from "node:https";
import {
  type HttpMethod,
  IsomorphicFetchHttpLibrary,
  type KubeConfig,
  RequestContext,
} from "@kubernetes/client-node";

/** The API server, as HTTP. Finds and refreshes credentials with client-node's KubeConfig, and sends with its HTTP
 *  library, over connections of its own: KubeConfig makes a new undici agent for each request, so that each of a thousand
 *  status writes would begin with a TLS handshake (client-node 2.0.1, config.js, createDispatcher). */
export interface Connection {
  readonly server: string;
  /** Grows when the connections are given up. */
  readonly generation: number;
  /** @throws whatever the network gives; the caller says what it means */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** Gives up the connections of that generation: over HTTP/2 one dead connection would carry every further request. */
  giveUp(generation: number): void;
  close(): void;
}

export interface HttpRequest {
  readonly method: HttpMethod;
  /** With the leading slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  text(): Promise<string>;
  /** Null where there is no body. */
  stream(): ReadableStream<Uint8Array> | null;
}

type Dispatcher = NonNullable<ReturnType<RequestContext["getDispatcher"]>>;

interface Open {
  readonly dispatcher: Dispatcher | undefined;
  /** Digest of certificates and keys that it was made with. */
  readonly secrets: string;
}

/** @throws TypeError where the configuration names no cluster */
export function createConnection(config: KubeConfig, userAgent: string): Connection {
  const http = new IsomorphicFetchHttpLibrary();
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new TypeError("the Kubernetes configuration names no cluster");
  const server = cluster.server.replace(/\/+$/, "");
  let generation = 0;
  let open: Open | undefined;

  function giveUp(): void {
    const dispatcher = open?.dispatcher;
    open = undefined;
    generation += 1;
    // What still runs on it fails, and is told by whoever asked for it; the end of the agent itself tells nothing new.
    dispatcher?.destroy(new Error("the connection to the API server was given up")).catch(() => undefined);
  }

  /** The shared agent; another one when certificates were renewed on disk. */
  async function dispatcherFor(options: RequestOptions): Promise<Dispatcher | undefined> {
    const secrets = digestOf(options);
    if (open?.secrets === secrets) return open.dispatcher;
    const old = open?.dispatcher;
    const scratch = new RequestContext(server, "GET");
    await config.applySecurityAuthentication(scratch);
    open = { dispatcher: scratch.getDispatcher(), secrets };
    // Lets requests under way end: a watch goes on until the server ends it. Nobody waits for that.
    old?.close().catch(() => undefined);
    return open.dispatcher;
  }

  return {
    server,
    get generation() {
      return generation;
    },
    async send(request, signal) {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      const context = contextOf(request, server, userAgent);
      for (const [name, value] of Object.entries(credentialsOf(options))) context.setHeaderParam(name, value);
      const dispatcher = await dispatcherFor(options);
      if (dispatcher !== undefined) context.setDispatcher(dispatcher);
      signal.throwIfAborted();
      context.setSignal(signal);
      const answer = await http.send(context).toPromise();
      const { httpStatusCode: status, headers, body } = answer;
      return { status, headers, text: () => body.text(), stream: () => body.stream() };
    },
    giveUp(seen) {
      if (seen === generation) giveUp();
    },
    close: giveUp,
  };
}

function contextOf(
  { method, path, query, body, contentType }: HttpRequest,
  server: string,
  userAgent: string,
): RequestContext {
  const url = new URL(server + path);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  const context = new RequestContext(url.href, method);
  context.setHeaderParam("User-Agent", userAgent);
  context.setHeaderParam("Accept", "application/json");
  if (body !== undefined) {
    context.setHeaderParam("Content-Type", contentType ?? "application/json");
    context.setBody(body);
  }
  return context;
}

function credentialsOf({ headers, auth }: RequestOptions): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) given[name] = String(value);
  if (typeof auth === "string") given["Authorization"] = `Basic ${Buffer.from(auth).toString("base64")}`;
  return given;
}

const MATERIAL = ["ca", "cert", "key", "pfx", "passphrase", "servername", "rejectUnauthorized"] as const;

function digestOf(options: RequestOptions): string {
  const hash = createHash("sha256");
  for (const name of MATERIAL) hash.update(`${name}=${String(options[name] ?? "")};`);
  return hash.digest("hex");
}
