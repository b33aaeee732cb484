import { randomUUID } from "node:crypto";
import { gunzipSync } from "node:zlib";
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import type { FlowFile, Listener } from "./flow-file.ts";

export interface ProtocolServer extends Listener {
  /** 403 for everybody, as ListenHTTP says to a client certificate that does not match. */
  setDenied(isDenied: boolean): void;
  /** The next so many requests are answered with this instead. */
  answerNext(
    count: number,
    answer: { status: number; headers?: Record<string, string>; text?: string },
  ): void;
  /** What is kept until it is confirmed. */
  readonly holds: number;
  forgetHolds(): void;
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
  const state = { isFull: false, isBroken: false, isDenied: false, hasSpace: true, requests: 0 };
  let canned: { left: number; status: number; headers?: Record<string, string>; text?: string } | undefined;
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit: options.bodyLimit ?? MOST_BODY,
    ...(options.https && { https: { ...options.https, requestCert: true, rejectUnauthorized: true } }),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));

  function isWithoutSpace(): boolean {
    const isTurn = state.requests % REQUESTS_BETWEEN_LOOKS === 0;
    state.requests += 1;
    if (isTurn || !state.hasSpace) state.hasSpace = !state.isFull;
    return !state.hasSpace;
  }

  function commit(file: FlowFile, reply: FastifyReply): FastifyReply {
    if (state.isBroken) return reply.code(500).send();
    files.push(file);
    return reply.code(200).send();
  }

  function take(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (canned !== undefined && canned.left > 0) {
      canned.left -= 1;
      return reply
        .code(canned.status)
        .headers(canned.headers ?? {})
        .send(canned.text ?? "");
    }
    if (isWithoutSpace()) return reply.code(503).send("<h1>Service Unavailable</h1>");
    if (state.isDenied) return reply.code(403).send("not allowed based on subject dn");
    const body = request.body as Buffer;
    const isZipped = request.headers["content-encoding"] === "gzip";
    const content = (isZipped ? gunzipSync(body) : body).toString("utf8");
    if (options.poison !== undefined && content.includes(options.poison))
      return reply.code(400).send("Could not process record.");
    const named = Object.entries(request.headers).filter(([name]) => name.startsWith("stethos-"));
    const file = { attributes: Object.fromEntries(named) as Record<string, string>, content };
    if (request.headers["x-prefer-acknowledge-uri"] !== "true") return commit(file, reply);
    const path = `/contentListener/holds/${randomUUID()}`;
    holds.set(path, file);
    return reply.code(303).headers({ location: path, "x-location-uri-intent": "flowfile-hold" }).send(path);
  }

  app.post("/contentListener", async (request, reply) => take(request, reply));
  app.delete("/contentListener/holds/*", async (request, reply) => {
    const file = holds.get(request.url);
    if (file === undefined) return reply.code(404).send();
    holds.delete(request.url);
    return commit(file, reply);
  });
  await app.listen({ port: options.port ?? 0, host: "127.0.0.1" });
  const address = app.server.address();
  return {
    port: address !== null && typeof address === "object" ? address.port : 0,
    flowFiles: () => files,
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
    forgetHolds: () => holds.clear(),
    close: () => app.close(),
  };
}
