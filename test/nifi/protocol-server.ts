import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import type { FlowFile, Listener } from "./flow-file.ts";

export interface ProtocolServer extends Listener {
  /** 403 for everybody, as ListenHTTP says to a client certificate that does not match. */
  setDenied(isDenied: boolean): void;
  /** The next so many requests are answered with this instead. */
  answerNext(count: number, answer: Reply): void;
  /** What is kept until it is confirmed. */
  readonly holds: number;
  /** The Authorization headers that came. */
  authorizations(): readonly string[];
}

interface Reply {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly text?: string;
}

interface Options {
  readonly port?: number;
  readonly https?: { readonly key: Buffer; readonly cert: Buffer; readonly ca: Buffer };
  /** Bodies longer than this are refused with 413, as a proxy in front of NiFi does. */
  readonly bodyLimit?: number;
  /** Bodies with this in them are refused with 400, as ListenHTTP does whose record reader cannot read them. */
  readonly poison?: string;
}

/** ListenHTTPServlet.FILES_BEFORE_CHECKING_DESTINATION_SPACE */
const REQUESTS_BETWEEN_LOOKS = 5;
const MOST_BODY = 64 * 2 ** 20;

/** The behaviour of NiFi's ListenHTTPServlet and ContentAcknowledgmentServlet (1.28): space is looked at with every fifth
 *  request and, once there was none, with each; 503 without Retry-After; a hold is answered 303 and ends with a DELETE. */
export async function startProtocolServer(options: Options = {}): Promise<ProtocolServer> {
  const files: FlowFile[] = [];
  const holds = new Map<string, FlowFile>();
  const authorizations: string[] = [];
  const state = { isFull: false, isBroken: false, isDenied: false, hasSpace: true, requests: 0 };
  let canned: (Reply & { left: number }) | undefined;

  function isWithoutSpace(): boolean {
    const isTurn = state.requests % REQUESTS_BETWEEN_LOOKS === 0;
    state.requests += 1;
    if (isTurn || !state.hasSpace) state.hasSpace = !state.isFull;
    return !state.hasSpace;
  }

  function commit(file: FlowFile, failure: 500 | 404): Reply {
    if (state.isBroken) return { status: failure };
    files.push(file);
    return { status: 200 };
  }

  function take(request: IncomingMessage, body: Buffer): Reply {
    const { headers } = request;
    if (headers.authorization !== undefined) authorizations.push(headers.authorization);
    if (canned !== undefined && canned.left > 0) {
      canned.left -= 1;
      return canned;
    }
    if (isWithoutSpace()) return { status: 503, text: "<h1>Service Unavailable</h1>" };
    if (state.isDenied) return { status: 403, text: "not allowed based on subject dn" };
    if (body.length > (options.bodyLimit ?? MOST_BODY)) return { status: 413 };
    const content = (headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("utf8");
    if (options.poison !== undefined && content.includes(options.poison))
      return { status: 400, text: "Could not process record." };
    const named = Object.entries(headers).filter(([name]) => name.startsWith("stethos-"));
    const file = { attributes: Object.fromEntries(named) as Record<string, string>, content };
    if (headers["x-prefer-acknowledge-uri"] !== "true") return commit(file, 500);
    const location = `/contentListener/holds/${randomUUID()}`;
    holds.set(location, file);
    return { status: 303, headers: { location, "x-location-uri-intent": "flowfile-hold" }, text: location };
  }

  /** The servlet answers every fault of a confirmation with 404. */
  function confirm(path: string): Reply {
    const file = holds.get(path);
    holds.delete(path);
    return file === undefined ? { status: 404 } : commit(file, 404);
  }

  const listen: RequestListener = (request, response) => {
    void buffer(request).then(
      (body) => {
        const { method, url = "" } = request;
        const isPost = method === "POST" && url === "/contentListener";
        const reply = isPost ? take(request, body) : method === "DELETE" ? confirm(url) : { status: 404 };
        response.writeHead(reply.status, reply.headers).end(reply.text);
      },
      // The sender went away in the middle of it: nothing is taken.
      () => response.destroy(),
    );
  };
  const tls = { requestCert: true, rejectUnauthorized: true };
  const server = options.https ? createTlsServer({ ...options.https, ...tls }, listen) : createServer(listen);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    flowFiles: () => files,
    async caughtUp() {},
    async setFull(isFull) {
      state.isFull = isFull;
    },
    async setBroken(isBroken) {
      state.isBroken = isBroken;
    },
    setDenied(isDenied) {
      state.isDenied = isDenied;
    },
    answerNext(left, answer) {
      canned = { left, ...answer };
    },
    get holds() {
      return holds.size;
    },
    authorizations: () => authorizations,
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
