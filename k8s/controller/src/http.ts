import { createServer, type Server, type ServerResponse } from "node:http";
import { METRICS_TYPE } from "./metrics/metrics.ts";

/** What the kubelet and Prometheus ask. Nothing can be changed here, and nothing secret is told. */
export interface HttpDeps {
  readonly metrics: () => Promise<string>;
  /** Undefined where all is well, else what is not: a restart would mend it. */
  readonly illness: () => string | undefined;
  /** Undefined when it can take over work at once. */
  readonly unreadiness: () => string | undefined;
}

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws the system's error where the port cannot be had */
export async function startHttp(
  { host, port }: { readonly host: string; readonly port: number },
  deps: HttpDeps,
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, "only GET\n");
    const [path = ""] = (request.url ?? "").split("?");
    void answer(path, response, deps);
  });
  // A scraper that never ends its question holds no line.
  server.requestTimeout = 10_000;
  server.maxConnections = 64;
  await listening(server, host, port);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(path: string, response: ServerResponse, deps: HttpDeps): Promise<void> {
  if (path === "/healthz") return sendState(response, deps.illness());
  if (path === "/readyz") return sendState(response, deps.unreadiness());
  if (path !== "/metrics") return send(response, 404, "there are /healthz, /readyz and /metrics\n");
  try {
    send(response, 200, await deps.metrics(), METRICS_TYPE);
  } catch (thrown) {
    send(response, 500, `the metrics cannot be told: ${thrown instanceof Error ? thrown.message : thrown}\n`);
  }
}

const sendState = (response: ServerResponse, trouble: string | undefined): void =>
  trouble === undefined ? send(response, 200, "ok\n") : send(response, 503, `${trouble}\n`);

function send(
  response: ServerResponse,
  status: number,
  text: string,
  type = "text/plain; charset=utf-8",
): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(text);
}

const listening = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
