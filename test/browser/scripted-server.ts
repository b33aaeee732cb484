import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import type { AlarmDto, FeedMessage, TrendDto } from "../../edge-agent/src/core/feed.ts";
import { RIGHTS } from "../../edge-agent/src/core/roles.ts";
import type { ModelsDto } from "../../edge-agent/src/core/rollout/models-dto.ts";
import { acceptFeed, type FeedSocket } from "./feed-socket.ts";
import { answerAlarms } from "./scripted-alarms.ts";
import { answerAnalysis } from "./scripted-analysis.ts";
import { type Answer, type Asked, found, problem, type Responder } from "./scripted-answer.ts";
import { scriptedLayout } from "./scripted-layout.ts";
import { disagreements, frame, history, models, trial } from "./scripted-models.ts";
import { alarmOf, cast, sensorId, snapshot, spectrogram } from "./scripted-plant.ts";
import { createScriptedReplay, type ScriptedReplay } from "./scripted-replay.ts";
import { createScriptedTwin, type ScriptedTwin } from "./scripted-twin.ts";

/** Parts of the API that other files answer; the first that knows the request does. */
const PARTS: readonly Responder[] = [answerAlarms, answerAnalysis];

// The agent's own policy (adapters/http-api/headers.ts): what the page needs beyond it would fail in the plant.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".map": "application/json",
};

/** A stand-in for the agent that a test moves by hand. */
export interface ScriptedServer {
  readonly url: string;
  readonly clients: number;
  /** "METHOD path" of each request to the API, with its body where it has one. */
  readonly requests: readonly string[];
  /** What a new client is told first. */
  first: FeedMessage | undefined;
  /** Wanted from every request once set. */
  token: string | undefined;
  /** Paths that answer with this status instead. */
  readonly broken: Map<string, number>;
  /** Answers of one test: they come before all others. */
  readonly answers: Responder[];
  /** What GET /v1/session says. */
  session: unknown;
  readonly twin: ScriptedTwin;
  readonly replay: ScriptedReplay;
  send(message: FeedMessage): void;
  sendText(text: string): void;
  /** Cuts all feed connections; new ones are refused until `up` is called. */
  down(): void;
  up(): void;
  close(): Promise<void>;
}

function trendOf(id: string, from: number, to: number, buckets: number): TrendDto {
  const count = Math.min(120, buckets);
  const time = Array.from({ length: count }, (_, i) => from + ((to - from) * (i + 0.5)) / count);
  const isScore = id.endsWith("vibration");
  const mean = time.map((_, i) => {
    const rise = i / count;
    return isScore ? 0.08 + 0.75 * rise ** 3 + 0.02 * Math.sin(i) : 52 + 6 * rise + 0.8 * Math.sin(i / 4);
  });
  const spread = isScore ? 0.03 : 0.7;
  return {
    id,
    unit: isScore ? "1" : "Cel",
    time,
    mean,
    min: mean.map((value) => value - spread),
    max: mean.map((value) => value + spread),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString();
}

const ENGINEER = { role: "engineer", name: "Li Wei", isProtected: false, rights: RIGHTS };

/** The whole plant, its models included. */
const firstWords = (ms: number): FeedMessage => ({ ...snapshot(ms), models: models(ms) }) as FeedMessage;

/** A label as it was asked for. */
const labelOf = (of: string, body: string, ms: number): object => ({
  ...(JSON.parse(body) as object),
  frame: of,
  time: new Date(ms).toISOString(),
  source: "operator",
});

function answerModels(
  what: string | undefined,
  command: string | undefined,
  body: string,
  ms: number,
): Answer {
  if (what === "disagreements") return { status: 200, body: disagreements(ms) };
  if (what === "history") return { status: 200, body: history(ms) };
  return { status: 200, body: commanded(command, JSON.parse(body) as { by: string }, ms) };
}

/** What a command comes to. */
function commanded(command: string | undefined, { by }: { by: string }, ms: number): ModelsDto {
  const after = models(ms);
  if (command === "abort") return after;
  if (command === "pause") {
    return { ...after, trial: trial(ms, { paused: { by, sinceTime: new Date(ms).toISOString() } }) };
  }
  return { ...after, trial: trial(ms) };
}

function answerAlarm(id: string, what: string | undefined, body: string, ms: number): Answer {
  const member = cast.find((each) => `alarm-${each.asset}` === id);
  if (member === undefined) return problem(404, "there is no such alarm");
  if (what === "spectrogram") {
    return { status: 200, body: spectrogram(sensorId(member), ms - 240_000, 0.6) };
  }
  if (what === "label") return { status: 200, body: [labelOf(`frame-of-${id}`, body, ms)] };
  const { by } = JSON.parse(body) as { by: string };
  const alarm: AlarmDto = {
    ...alarmOf(member, ms),
    state: "acknowledged-active",
    acknowledgedTime: new Date(ms).toISOString(),
    acknowledgedBy: by,
  };
  return { status: 200, body: alarm };
}

function answerFrame(id: string, what: string | undefined, body: string, ms: number): Answer {
  const found = frame(id, ms);
  if (found === undefined) return problem(404, "there is no such frame");
  return { status: 200, body: what === "label" ? labelOf(id, body, ms) : found };
}

const answerPlant: Responder = ({ path: [kind, first, second], url, body, ms }) => {
  if (kind === "machines") return found([]);
  if (kind === "models") return answerModels(first, second, body, ms);
  if (kind === "frames") return answerFrame(first ?? "", second, body, ms);
  if (kind === "trends") {
    const time = (name: string): number => Date.parse(url.searchParams.get(name) ?? "") / 1000;
    return found(trendOf(second ?? "", time("from"), time("to"), Number(url.searchParams.get("buckets"))));
  }
  if (kind === "sensors") {
    const member = cast.find((each) => sensorId(each) === first);
    if (member === undefined) return problem(404, "there is no such sensor");
    return found(spectrogram(sensorId(member), ms, member.anomaly));
  }
  if (kind === "alarms" && first !== undefined) return answerAlarm(first, second, body, ms);
  return undefined;
};

/** @param page folder of the built page */
export async function startScriptedServer(page: string): Promise<ScriptedServer> {
  const sockets = new Set<FeedSocket>();
  const requests: string[] = [];
  const broken = new Map<string, number>();
  const answers: Responder[] = [];
  const twin = createScriptedTwin(scriptedLayout());
  const replay = createScriptedReplay(twin);
  const state = {
    session: ENGINEER as unknown,
    first: undefined as FeedMessage | undefined,
    token: undefined as string | undefined,
    isUp: true,
  };

  const isAdmitted = (request: IncomingMessage): boolean =>
    state.token === undefined || (request.headers.cookie ?? "").includes(`session=${state.token}`);

  const answerTwin: Responder = ({ path: [kind] }) => {
    if (kind === "session") return found(state.session);
    if (kind === "layout") return found(twin.layout);
    return undefined;
  };

  function answer(asked: Asked): Answer {
    const status = broken.get(asked.url.pathname);
    if (status !== undefined) return problem(status, "the history does not answer");
    for (const responder of [...answers, ...PARTS, replay.answer, answerTwin, answerPlant]) {
      const given = responder(asked);
      if (given !== undefined) return given;
    }
    return problem(404, "there is no such thing");
  }

  async function serveFile(path: string, response: ServerResponse): Promise<void> {
    const file = join(page, normalize(path === "/" ? "/index.html" : path));
    try {
      const content = await readFile(file);
      response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
      response.end(content);
    } catch {
      // The only thing that goes wrong here is that there is no such file.
      response.writeHead(404).end();
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    response.setHeader("content-security-policy", POLICY);
    response.setHeader("x-content-type-options", "nosniff");
    if (!url.pathname.startsWith("/v1/")) return serveFile(url.pathname, response);
    const body = await bodyOf(request);
    requests.push(`${request.method} ${url.pathname}${body === "" ? "" : ` ${body}`}`);
    response.setHeader("content-type", "application/json");
    if (url.pathname === "/v1/login") {
      const { token } = JSON.parse(body) as { token: string };
      if (token !== state.token) {
        response.writeHead(401).end(JSON.stringify(problem(401, "this is not the token").body));
        return;
      }
      response.writeHead(204, { "set-cookie": `session=${token}; Path=/; HttpOnly; SameSite=Strict` }).end();
      return;
    }
    const asked: Asked = {
      method: request.method ?? "GET",
      url,
      path: url.pathname.split("/").slice(2).map(decodeURIComponent),
      body,
      ms: Date.now(),
    };
    const given = isAdmitted(request) ? answer(asked) : problem(401, "a token is needed");
    for (const [name, value] of Object.entries(given.headers ?? {})) response.setHeader(name, value);
    const isBytes = given.body instanceof Uint8Array;
    response.writeHead(given.status).end(isBytes ? given.body : JSON.stringify(given.body));
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.on("upgrade", (request, socket) => {
    if (!state.isUp) {
      socket.destroy();
      return;
    }
    if (!isAdmitted(request)) {
      socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
      return;
    }
    if (new URL(request.url ?? "/", "http://127.0.0.1").pathname === "/v1/twin") {
      twin.accept(request, socket);
      return;
    }
    const client = acceptFeed(request, socket, { closed: () => sockets.delete(client) });
    sockets.add(client);
    client.send(JSON.stringify(state.first ?? firstWords(Date.now())));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const sendText = (text: string): void => {
    for (const socket of sockets) socket.send(text);
  };
  return {
    url: `http://127.0.0.1:${port}/`,
    get clients() {
      return sockets.size;
    },
    requests,
    broken,
    answers,
    twin,
    replay,
    get session() {
      return state.session;
    },
    set session(session) {
      state.session = session;
    },
    get first() {
      return state.first;
    },
    set first(message) {
      state.first = message;
    },
    get token() {
      return state.token;
    },
    set token(token) {
      state.token = token;
    },
    send: (message) => sendText(JSON.stringify(message)),
    sendText,
    down() {
      state.isUp = false;
      for (const socket of sockets) socket.destroy();
      twin.kill();
    },
    up() {
      state.isUp = true;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      twin.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
