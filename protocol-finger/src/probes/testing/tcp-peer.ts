import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** What a peer saw of its visitors: the wire's own account, not ours. */
export interface TcpPeer {
  readonly port: number;
  /** When each connection was accepted, in milliseconds of the process's clock. */
  readonly acceptedMs: readonly number[];
  /** Bytes of each connection, in the order of the connections. */
  readonly received: readonly Buffer[];
  /** The most connections that were open at one moment. */
  readonly mostAtOnce: number;
  /** Connections that ended with a FIN of the visitor's. */
  readonly finished: number;
  /** Connections that ended with a reset. */
  readonly reset: number;
  close(): Promise<void>;
}

/** How a peer treats a connection; `socket` is recorded already. */
export type Manner = (socket: Socket, connection: number) => void;

export async function startPeer(manner: Manner): Promise<TcpPeer> {
  const acceptedMs: number[] = [];
  const received: Buffer[] = [];
  const open = new Set<Socket>();
  let mostAtOnce = 0;
  let finished = 0;
  let reset = 0;
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = acceptedMs.push(performance.now()) - 1;
    received.push(Buffer.alloc(0));
    open.add(socket);
    mostAtOnce = Math.max(mostAtOnce, open.size);
    socket.on("data", (chunk) => {
      received[connection] = Buffer.concat([received[connection] ?? Buffer.alloc(0), chunk]);
    });
    socket.on("end", () => {
      finished += 1;
      open.delete(socket);
      socket.end();
    });
    socket.on("error", () => {
      reset += 1;
    });
    socket.on("close", () => open.delete(socket));
    manner(socket, connection);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    acceptedMs,
    received,
    get mostAtOnce() {
      return mostAtOnce;
    },
    get finished() {
      return finished;
    },
    get reset() {
      return reset;
    },
    async close() {
      for (const socket of open) socket.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

/** A port of this machine on which nobody listens. */
export async function closedPort(): Promise<number> {
  const peer = await startPeer(() => undefined);
  await peer.close();
  return peer.port;
}

const GARBAGE = Buffer.from("deadbeefcafe0000ffff8080017f", "hex");

/** Peers that are no controllers. */
export const MANNERS = {
  silent: () => undefined,
  "hangs up at once": (socket) => void socket.end(),
  "resets at once": (socket) => void socket.resetAndDestroy(),
  "hangs up when asked": (socket) => void socket.once("data", () => socket.end()),
  "resets when asked": (socket) => void socket.once("data", () => socket.resetAndDestroy()),
  "answers with garbage": (socket) => void socket.on("data", () => socket.write(GARBAGE)),
  "answers as a web server": (socket) =>
    void socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n")),
  "greets with text": (socket) => void socket.write("SSH-2.0-OpenSSH_9.6\r\n"),
  "echoes what it is sent": (socket) => void socket.on("data", (chunk) => socket.write(chunk)),
  dribbles(socket) {
    const timer = setInterval(() => socket.write("\x03"), 40);
    socket.on("close", () => clearInterval(timer));
  },
  "sends without end"(socket) {
    const flood = () => {
      while (!socket.destroyed && socket.writable && socket.write(Buffer.alloc(65_536, 3)));
    };
    socket.on("drain", flood);
    flood();
  },
} satisfies Readonly<Record<string, Manner>>;
