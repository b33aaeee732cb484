import type { HttpMethod } from "@kubernetes/client-node";
import type { Clock } from "@stethos/protocol-finger/clock";
import { ClusterError } from "../ports/cluster.ts";
import { refusal, statusOf } from "./api-status.ts";
import type { Connection, HttpAnswer, HttpRequest } from "./connection.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** Requests to the API server: limited in rate and time, answers as parsed JSON. */
export interface Api {
  /** @throws ClusterError "unreachable" where there is no answer in time */
  ask(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>;
  /** The object that the server answered with. @throws ClusterError */
  demand(request: ApiRequest, signal: AbortSignal): Promise<unknown>;
  /** An answer whose body goes on, where it is a 200; time limit and signal are for its beginning: who reads it cancels it.
   *  @throws ClusterError "unreachable" */
  open(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer | ApiStream>;
  /** Connections that are open now are not used again: one of them went silent. */
  distrust(generation: number): void;
  readonly generation: number;
}

export interface ApiRequest extends Omit<HttpRequest, "body"> {
  /** For messages: "status of ModelRollout plant/bearing". */
  readonly what: string;
  readonly body?: unknown;
  /** Does not wait for its turn: a lease that is renewed late is lost. */
  readonly isUrgent?: boolean;
  /** Last look before it goes out, after all waiting. @throws ClusterError "not-leader" */
  readonly fence?: (() => void) | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON, or the text where it is none. */
  readonly body: unknown;
}

export interface ApiStream {
  readonly status: 200;
  readonly stream: ReadableStream<Uint8Array>;
}

export interface RequestSeen {
  readonly method: HttpMethod;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  readonly seconds: number;
}

export interface ApiDeps {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly bucket: TokenBucket;
  readonly onRequest: (seen: RequestSeen) => void;
  /** Of one request, waiting for its turn not counted. */
  readonly timeoutMs: number;
}

// The server's own default for how long a client that was told 429 waits, and the longest that is obeyed.
const RETRY_AFTER_MS = 1000;
const MOST_RETRY_AFTER_MS = 30_000;
const MOST_TURNED_AWAY = 3;

export function createApi(deps: ApiDeps): Api {
  const { connection, clock, bucket } = deps;

  /** Begins a request, and answers when `read` has what it wants of it. */
  async function begin<T>(
    request: ApiRequest,
    read: (answer: HttpAnswer) => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly answer: HttpAnswer; readonly got: T }> {
    if (request.isUrgent !== true) await bucket.take(signal);
    request.fence?.();
    const { generation } = connection;
    const startMs = clock.monotonicMs();
    const limit = clock.deadline(deps.timeoutMs, signal);
    const seen = (status: number) => {
      const seconds = (clock.monotonicMs() - startMs) / 1000;
      deps.onRequest({ method: request.method, status, seconds });
    };
    try {
      const answer = await connection.send(httpRequest(request), limit.signal);
      const got = await read(answer);
      seen(answer.status);
      return { answer, got };
    } catch (cause) {
      seen(0);
      signal.throwIfAborted();
      // Nobody knows whether the server is slow or the line is dead; a new line costs little.
      if (limit.expired) connection.giveUp(generation);
      throw new ClusterError("unreachable", `${request.what}: ${reasonOf(cause, connection.server)}`, {
        cause,
      });
    } finally {
      limit.dispose();
    }
  }

  async function ask(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const { answer, got } = await begin(request, (one) => one.text(), signal);
      if (answer.status !== 429 || attempt > MOST_TURNED_AWAY || request.isUrgent === true)
        return { status: answer.status, body: parsed(got) };
      bucket.pause(retryAfterMs(answer));
    }
  }

  return {
    ask,
    async demand(request, signal) {
      const { status, body } = await ask(request, signal);
      if (status >= 200 && status < 300) return body;
      throw refusal(statusOf(status, body), request.what);
    },
    async open(request, signal) {
      const read = async (one: HttpAnswer): Promise<ApiAnswer | ApiStream> => {
        const stream = one.status === 200 ? one.stream() : null;
        if (stream !== null) return { status: 200, stream };
        return { status: one.status, body: parsed(await one.text()) };
      };
      return (await begin(request, read, signal)).got;
    },
    distrust: connection.giveUp,
    get generation() {
      return connection.generation;
    },
  };
}

function httpRequest({ method, path, query, body, contentType }: ApiRequest): HttpRequest {
  return { method, path, query, contentType, ...(body !== undefined && { body: JSON.stringify(body) }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page, or an answer that was cut: the status says what to do, the text goes into the message.
    return text;
  }
}

function retryAfterMs({ headers }: HttpAnswer): number {
  const seconds = Number(headers["retry-after"]);
  return Number.isFinite(seconds) && seconds > 0
    ? Math.min(seconds * 1000, MOST_RETRY_AFTER_MS)
    : RETRY_AFTER_MS;
}

/** undici says "fetch failed", and keeps what happened in the cause. */
function reasonOf(thrown: unknown, server: string): string {
  const texts: string[] = [];
  for (let error = thrown; error instanceof Error && texts.length < 4; error = error.cause)
    if (error.message !== "" && error.message !== "fetch failed") texts.push(error.message);
  return `${server} gives no answer (${texts.join("; ") || String(thrown)})`;
}
