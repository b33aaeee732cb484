import { once } from "node:events";
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";

/** What happens to one request. */
export type Fault =
  | { readonly kind: "pass" }
  /** An answer of the proxy's own. */
  | { readonly kind: "status"; readonly status: number }
  /** The connection is cut after so many bytes of the upload have gone through. */
  | { readonly kind: "cut-upload"; readonly afterBytes: number }
  /** The server does it, and nobody hears of it. */
  | { readonly kind: "lose-answer" }
  /** The answer breaks off after so many bytes. */
  | { readonly kind: "cut-answer"; readonly afterBytes: number }
  /** Nothing comes, ever. */
  | { readonly kind: "silence" }
  /** What the server said to the same request the first time. */
  | { readonly kind: "stale" };

export interface FaultProxy {
  readonly endpoint: string;
  /** Decides by the request; the default lets all pass. */
  decide: (method: string, path: string) => Fault;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** Stands before a server and spoils what goes through. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const remembered = new Map<string, Answer>();
  const proxy = {
    endpoint: "",
    decide: (): Fault => ({ kind: "pass" }),
  };
  const server = createServer((incoming, outgoing) => {
    const { method = "GET", url = "/" } = incoming;
    const decide: FaultProxy["decide"] = proxy.decide;
    const fault = decide(method, decodeURIComponent(url));
    if (fault.kind === "silence") return;
    if (fault.kind === "status") {
      incoming.resume();
      outgoing.writeHead(fault.status).end();
      return;
    }
    const stale = remembered.get(`${method} ${url}`);
    if (fault.kind === "stale" && stale !== undefined) {
      incoming.resume();
      outgoing.writeHead(stale.status, stale.headers).end(stale.body);
      return;
    }
    const forward = request(new URL(url, target), { method, headers: incoming.headers, agent: false });
    // The client hears of it as a connection that ends.
    forward.on("error", () => outgoing.destroy());
    forward.on(
      "response",
      (answer) =>
        void answerWith(answer, fault, outgoing, (whole) => {
          const key = `${method} ${url}`;
          if (!remembered.has(key)) remembered.set(key, whole);
        }),
    );
    upload(incoming, forward, fault, outgoing);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return Object.assign(proxy, {
    endpoint: `http://127.0.0.1:${address.port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

function upload(
  incoming: IncomingMessage,
  forward: ClientRequest,
  fault: Fault,
  outgoing: ServerResponse,
): void {
  if (fault.kind !== "cut-upload") {
    incoming.pipe(forward);
    return;
  }
  let bytes = 0;
  incoming.on("data", (chunk: Buffer) => {
    const left = fault.afterBytes - bytes;
    bytes += chunk.length;
    if (left > 0) forward.write(chunk.subarray(0, left));
    if (bytes < fault.afterBytes) return;
    forward.destroy();
    outgoing.destroy();
  });
}

async function answerWith(
  answer: IncomingMessage,
  fault: Fault,
  outgoing: ServerResponse,
  remember: (answer: Answer) => void,
): Promise<void> {
  const body = Buffer.concat(await answer.toArray());
  const { statusCode: status = 502, headers } = answer;
  remember({ status, headers, body });
  if (fault.kind === "lose-answer") {
    outgoing.destroy();
    return;
  }
  outgoing.writeHead(status, headers);
  if (fault.kind !== "cut-answer" || body.length <= fault.afterBytes) {
    outgoing.end(body);
    return;
  }
  outgoing.write(body.subarray(0, fault.afterBytes), () => outgoing.destroy());
}
