import type { ProblemDto } from "../../core/feed.ts";

/** Every way in which a request can be refused: the last part of the problem's type, its status and its title. */
const problems = {
  "bad-request": [400, "The request is malformed"],
  "unknown-parameter": [400, "The request has a parameter that is not known here"],
  unauthorized: [401, "A token is needed"],
  forbidden: [403, "The role does not allow this"],
  "host-refused": [403, "The agent does not answer under this name"],
  "origin-refused": [403, "Another site's page may not do this"],
  "not-found": [404, "There is no such thing"],
  conflict: [409, "The state does not allow this"],
  "too-large": [413, "The request is too large"],
  "wrong-content-type": [415, "The content type is not understood"],
  "upgrade-needed": [426, "This is a WebSocket"],
  "model-refused": [409, "The model was refused"],
  "too-many-attempts": [429, "Too many wrong tokens"],
  internal: [500, "The agent failed"],
  "registry-unavailable": [503, "The model registry does not answer"],
  "history-unavailable": [503, "The history does not answer"],
  "too-many-clients": [503, "Too many screens"],
  timeout: [504, "It took too long"],
  "disk-full": [507, "The disk is full"],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemKind = keyof typeof problems;

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** A refusal that a route throws; the error handler makes the answer of it. */
export class HttpProblem extends Error {
  readonly kind: ProblemKind;

  constructor(kind: ProblemKind, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = "HttpProblem";
    this.kind = kind;
  }
}

export const statusOf = (kind: ProblemKind): number => problems[kind][0];

/** RFC 9457 */
export function problemDto(kind: ProblemKind, detail: string, requestId?: string): ProblemDto {
  const [status, title] = problems[kind];
  const type = `https://stethos.dev/problems/${kind}`;
  return { type, title, status, detail, ...(requestId !== undefined && { requestId }) };
}

/** What a client sent, short enough to be said back. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
