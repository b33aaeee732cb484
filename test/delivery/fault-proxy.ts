import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of one answer. */
export type Fault =
  | "none"
  /** The connection breaks after so many bytes of the body. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** The answer says that it is so long, and is. */
  | { readonly kind: "truncate"; readonly bytes: number }
  /** The server is busy. */
  | { readonly kind: "busy" }
  /** Nothing ever comes. */
  | { readonly kind: "silent" };

export interface FaultProxy {
  readonly url: string;
  /** Decides on each request; the number counts those of one path from 1. */
  onRequest: (request: SeenRequest, number: number) => Fault;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** First byte asked for. */
  readonly from: number;
}

/** Stands in front of a server and spoils its answers. */
export async function startFaultProxy(port: number): Promise<FaultProxy> {
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const [path = ""] = (incoming.url ?? "").split("?");
    const from = Number(/^bytes=(\d+)-/.exec(incoming.headers.range ?? "")?.[1] ?? 0);
    const each = { method: incoming.method ?? "", path, from };
    seen.push(each);
    const number = seen.filter((other) => other.path === path && other.method === each.method).length;
    answer(proxy.onRequest(each, number), incoming, outgoing, port);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onRequest: () => "none",
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

function answer(fault: Fault, incoming: IncomingMessage, outgoing: ServerResponse, port: number): void {
  if (fault !== "none" && fault.kind === "silent") return;
  if (fault !== "none" && fault.kind === "busy") {
    incoming.resume();
    outgoing.writeHead(503, { "content-type": "application/xml" });
    outgoing.end("<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>");
    return;
  }
  const { method, url, headers } = incoming;
  const upstream = request({ host: "127.0.0.1", port, method, path: url, headers }, (response) => {
    const most =
      fault === "none" ? Number.POSITIVE_INFINITY : fault.kind === "cut" ? fault.afterBytes : fault.bytes;
    const answered = { ...response.headers };
    if (fault !== "none" && fault.kind === "truncate") answered["content-length"] = String(most);
    outgoing.writeHead(response.statusCode ?? 502, answered);
    let sent = 0;
    response.on("data", (chunk: Buffer) => {
      const part = chunk.subarray(0, Math.max(0, most - sent));
      sent += part.length;
      if (part.length > 0) outgoing.write(part);
      if (sent < most || outgoing.writableEnded) return;
      if (fault !== "none" && fault.kind === "truncate") outgoing.end();
      // What was written goes out first: the break is seen behind it.
      else outgoing.write("", () => outgoing.socket?.destroy());
    });
    response.on("end", () => outgoing.end());
  });
  upstream.on("error", () => outgoing.destroy());
  incoming.pipe(upstream);
}
