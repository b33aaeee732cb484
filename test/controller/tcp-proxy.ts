import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A line between a client and a server that can be cut, and that can go dead without a word. */
export interface TcpProxy {
  readonly port: number;
  /** Connections that were made through it until now. */
  readonly made: number;
  /** Ends all connections hard, in the middle of whatever they say. */
  cut(): void;
  /** Connections that are open now carry nothing any more, and stay open; new ones work. */
  silence(): void;
  /** Nobody gets through until `allow`. */
  refuse(): void;
  allow(): void;
  close(): Promise<void>;
}

interface Line {
  readonly sockets: readonly [Socket, Socket];
  isSilent: boolean;
}

export async function startTcpProxy(server: string): Promise<TcpProxy> {
  const target = new URL(server);
  const lines = new Set<Line>();
  let made = 0;
  let isRefusing = false;

  const listener = createServer((client) => {
    made += 1;
    if (isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    const line: Line = { sockets: [client, upstream], isSilent: false };
    lines.add(line);
    const end = () => {
      lines.delete(line);
      client.destroy();
      upstream.destroy();
    };
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("data", (chunk) => {
        if (!line.isSilent) to.write(chunk);
      });
      from.on("error", end);
      from.on("close", () => {
        if (!line.isSilent) end();
      });
    }
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const cut = () => {
    for (const { sockets } of lines) for (const socket of sockets) socket.resetAndDestroy();
    lines.clear();
  };

  return {
    port: (listener.address() as AddressInfo).port,
    get made() {
      return made;
    },
    cut,
    silence() {
      for (const line of lines) line.isSilent = true;
    },
    refuse() {
      isRefusing = true;
      cut();
    },
    allow() {
      isRefusing = false;
    },
    async close() {
      cut();
      listener.close();
      await once(listener, "close");
    },
  };
}
