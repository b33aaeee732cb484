import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import type { CreateFft } from "../../core/fft.ts";
import type { Logger } from "../../ports/logger.ts";
import type { HttpApiDeps } from "./api-types.ts";
import { createFakeMaintenance } from "./fake-maintenance.ts";
import { createFakeHistory, createFakePlant, type FakeHistory, type FakePlant } from "./fake-plant.ts";
import { createFakeField, createFakeRollouts, type FakeRollouts } from "./fake-rollouts.ts";
import type { HttpApiOptions } from "./options.ts";
import { createHttpApi } from "./server.ts";
import { createFakePoints, type FakePoints } from "./twin/fake-points.ts";
import { createFakeRecording, type FakeRecording } from "./twin/fake-recording.ts";

// The real server on a free port of the loopback interface, for the tests of this folder.

const POINTS = 1000;

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function createListLogger(lines: LogLine[]): Logger {
  const at = (level: LogLine["level"]) => (fields: LogLine["fields"], message: string) =>
    void lines.push({ level, fields, message });
  const logger: Logger = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: () => logger,
  };
  return logger;
}

export interface Bench extends AsyncDisposable {
  readonly address: string;
  readonly plant: FakePlant;
  readonly history: FakeHistory;
  readonly rollouts: FakeRollouts;
  readonly points: FakePoints;
  readonly twinRecording: FakeRecording;
  readonly clock: ManualClock;
  readonly log: LogLine[];
  ask(path: string, options?: AskOptions): Promise<Answer>;
  close(): Promise<void>;
}

export async function startApi(
  options: HttpApiOptions = {},
  createFft: CreateFft = () => {
    throw new Error("this test makes no spectrogram");
  },
  more: Partial<HttpApiDeps> = {},
): Promise<Bench> {
  const plant = createFakePlant();
  const history = createFakeHistory();
  const rollouts = createFakeRollouts();
  const field = createFakeField(rollouts.labels);
  const points = createFakePoints(POINTS);
  const twinRecording = createFakeRecording();
  const clock = createManualClock();
  const log: LogLine[] = [];
  const api = await createHttpApi(
    { port: 0, ...options },
    {
      plant,
      history,
      points,
      twinRecording,
      rollouts,
      field,
      healthyOf: (sensor, shaftHz) => plant.healthy.get(`${sensor.id} ${shaftHz}`),
      maintenance: createFakeMaintenance(),
      audit: { newest: rollouts.history },
      metrics: async () => "# HELP stethos_info What runs here\n",
      traces: { traceOne: async () => undefined },
      clock,
      logger: createListLogger(log),
      createFft,
      ...more,
    },
  );
  return {
    address: api.address,
    plant,
    history,
    rollouts,
    points,
    twinRecording,
    clock,
    log,
    ask: (path, ask) => send(api.address + path, ask),
    close: api.close,
    [Symbol.asyncDispose]: api.close,
  };
}

interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a text. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

/** One request with any header, which fetch would not allow. Certificates are not checked. */
export function send(
  url: string,
  { method = "GET", headers = {}, body, signal }: AskOptions = {},
): Promise<Answer> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      agent: false,
      rejectUnauthorized: false,
      ...(signal && { signal }),
    } as const;
    const sent = request(url, options, (response) => {
      const parts: Buffer[] = [];
      response.on("error", reject);
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const received = Buffer.concat(parts).toString("utf8");
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: received,
          json: parsed(received),
        });
      });
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Metrics, pages and empty answers are no JSON.
    return undefined;
  }
}

export interface FeedClient {
  /** The next message as JSON, also one that came before this was called. */
  next(): Promise<unknown>;
  /** Messages that came and were not asked for yet. */
  readonly waiting: number;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(text: string): void;
  close(): void;
}

/** A client of the feed that reads; resolves once it is connected, rejects where it is refused. */
export function openFeed(
  address: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<FeedClient> {
  const url = `${address.replace(/^http/, "ws")}/v1/feed`;
  const socket = new WebSocket(url, { headers } as unknown as string[]);
  const messages: unknown[] = [];
  const readers: ((message: unknown) => void)[] = [];
  socket.addEventListener("message", ({ data }) => {
    const message: unknown = JSON.parse(String(data));
    const reader = readers.shift();
    if (reader === undefined) messages.push(message);
    else reader(message);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
  });
  const client: FeedClient = {
    next: () =>
      messages.length > 0
        ? Promise.resolve(messages.shift())
        : new Promise((resolve) => void readers.push(resolve)),
    get waiting() {
      return messages.length;
    },
    closed,
    send: (text) => socket.send(text),
    close: () => socket.close(),
  };
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(client));
    socket.addEventListener("error", () => reject(new Error("the feed refused the connection")));
  });
}

/** A bare socket to the server. */
export function openSocket(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.on("error", reject);
  });
}

/** The handshake of a WebSocket by hand (RFC 6455, 1.2), for clients that then do as they like. */
export const upgradeRequest = (address: string): string =>
  `GET /v1/feed HTTP/1.1\r\nHost: ${new URL(address).host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
