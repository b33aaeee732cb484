import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { z } from "zod";
import { EdgeError, type EdgeErrorCode } from "../../core/errors.ts";
import type { Logger } from "../../ports/logger.ts";
import { WAIT_MS } from "./login-limit.ts";
import { HttpProblem, PROBLEM_TYPE, type ProblemKind, problemDto, quoted, statusOf } from "./problem.ts";

/** Answers whatever was thrown as a problem. What is the agent's own fault is logged, and told in general words. */
export function createErrorHandler(logger: Logger) {
  return (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const { kind, detail } = explain(thrown);
    const isOurs = statusOf(kind) >= 500 && kind !== "too-many-clients";
    if (isOurs) {
      logger.error({ requestId: request.id, route: request.routeOptions.url, err: thrown }, "request failed");
    }
    send(reply, kind, detail, isOurs ? request.id : undefined);
  };
}

export function sendNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split("?", 1)[0] ?? "";
  send(
    reply,
    "not-found",
    `no route ${request.method} ${quoted(path)}; GET /v1/openapi.json lists them, and "/" within an id is written %2F`,
  );
}

/** What the router refuses before a request has a route. */
export function sendMalformedUrl(_thrown: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  send(
    reply,
    "bad-request",
    "the address of the request is malformed; each % is followed by two hexadecimal digits",
  );
}

/** What is not even HTTP: answered on the bare socket. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const kind: ProblemKind = error.code === "HPE_HEADER_OVERFLOW" ? "too-large" : "bad-request";
  const body = JSON.stringify(problemDto(kind, "this is no HTTP request that the agent understands"));
  const reason = kind === "too-large" ? "Content Too Large" : "Bad Request";
  socket.end(
    `HTTP/1.1 ${statusOf(kind)} ${reason}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function send(reply: FastifyReply, kind: ProblemKind, detail: string, requestId?: string): void {
  if (kind === "unauthorized") reply.header("www-authenticate", 'Bearer realm="stethos"');
  if (kind === "too-many-attempts") reply.header("retry-after", String(WAIT_MS / 1000));
  if (statusOf(kind) === 503) reply.header("retry-after", "5");
  reply
    .code(statusOf(kind))
    .type(PROBLEM_TYPE)
    .send(problemDto(kind, detail, requestId));
}

interface Explanation {
  readonly kind: ProblemKind;
  readonly detail: string;
}

const SEE_LOG = "the agent's log tells more under the request id";

function explain(thrown: FastifyError): Explanation {
  if (thrown instanceof HttpProblem) return { kind: thrown.kind, detail: thrown.message };
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    const [first] = thrown.validation;
    return explainIssue(
      first?.params as unknown as z.core.$ZodIssue,
      first?.instancePath ?? "",
      first?.message ?? "",
    );
  }
  if (thrown.name === "TimeoutError") return { kind: "timeout", detail: `no answer in time; ${SEE_LOG}` };
  if (thrown instanceof EdgeError) return explainEdge(thrown);
  return explainFastify(thrown);
}

/** What a technician can mend is said as it was said to the log; the rest in general words. */
function explainEdge({ code, message }: EdgeError): Explanation {
  const kind = edgeKind(code);
  if (kind === "history-unavailable") return { kind, detail: `the history could not be read; ${SEE_LOG}` };
  return { kind, detail: kind === "internal" ? SEE_LOG : message };
}

function edgeKind(code: EdgeErrorCode): ProblemKind {
  if (code.startsWith("HISTORY")) return "history-unavailable";
  if (code.startsWith("REGISTRY")) return "registry-unavailable";
  if (code.startsWith("MODEL")) return "model-refused";
  return code === "DISK_FULL" ? "disk-full" : "internal";
}

/** Which parameter is wrong, and how. */
function explainIssue(issue: Partial<z.core.$ZodIssue>, pointer: string, message: string): Explanation {
  const name = pointer.replace(/^\//, "");
  if ("keys" in issue && Array.isArray(issue.keys)) {
    const keys = issue.keys.map((key) => quoted(String(key))).join(", ");
    return {
      kind: "unknown-parameter",
      detail: `${keys} is no parameter of this route; correct its name or leave it out`,
    };
  }
  return { kind: "bad-request", detail: name === "" ? message : `${quoted(name)}: ${message}` };
}

/** What fastify itself refuses carries a status: body too large, no JSON, wrong content type, __proto__ in the body. */
function explainFastify(thrown: FastifyError): Explanation {
  if (thrown.statusCode === 413)
    return { kind: "too-large", detail: "the body is too large; 16 KiB are the most" };
  if (thrown.statusCode === 415) {
    return { kind: "wrong-content-type", detail: "send the body as application/json" };
  }
  if (thrown.statusCode !== undefined && thrown.statusCode < 500) {
    return { kind: "bad-request", detail: thrown.message };
  }
  return { kind: "internal", detail: SEE_LOG };
}
