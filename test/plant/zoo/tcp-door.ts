import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** How a device treats TCP connections. */
export interface DoorRules {
  /** Connections at a time; as many as no plant needs where absent. */
  readonly limit?: number;
  /** refuse (if absent): nobody listens while it is full, so the next one is reset, as by a stack without a free control
   *  block. evict-oldest: the next one is served, the oldest is closed. */
  readonly whenFull?: "refuse" | "evict-oldest";
  /** Closes a connection on which nothing came for so long. */
  readonly idleMs?: number;
  readonly idleEnd?: "fin" | "reset";
}

/** A TCP port of a device that is served, of the system's choosing. */
export interface Door {
  readonly port: number;
  /** Connections since the start. */
  readonly accepted: number;
  /** So many connections are other clients' from now on, or as many as there is room for; 0 lets them go. */
  occupy(connections: number): Promise<void>;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const NO_LIMIT = 128;
/** Between two attempts to listen again on a port whose last connection has just gone. */
const RELISTEN_MS = 10;

/** @param serve is given each connection; errors of it are dealt with, closing is left to it */
export async function openDoor(rules: DoorRules, serve: (socket: Socket) => void): Promise<Door> {
  const limit = rules.limit ?? NO_LIMIT;
  /** Oldest first. */
  const inside = new Set<Socket>();
  const occupants: Socket[] = [];
  let accepted = 0;
  let isClosing = false;
  let listener: Server | undefined;

  async function listen(port: number): Promise<number> {
    const server = createServer((socket) => enter(socket));
    server.listen(port, HOST);
    await once(server, "listening");
    listener = server;
    return (server.address() as AddressInfo).port;
  }

  function enter(socket: Socket): void {
    // A peer that resets is no news to a device; "close" follows and is what counts.
    socket.on("error", () => undefined);
    if (isClosing || (inside.size >= limit && !makeRoom())) {
      socket.resetAndDestroy();
      return;
    }
    accepted += 1;
    inside.add(socket);
    socket.setNoDelay();
    socket.once("close", () => leave(socket));
    if (rules.idleMs !== undefined) endWhenIdle(socket, rules.idleMs, rules.idleEnd ?? "fin");
    if (inside.size >= limit && rules.whenFull !== "evict-oldest") stopListening();
    serve(socket);
  }

  function makeRoom(): boolean {
    if (rules.whenFull !== "evict-oldest") return false;
    const [oldest] = inside;
    if (oldest !== undefined) {
      inside.delete(oldest);
      oldest.destroySoon();
    }
    return true;
  }

  function stopListening(): void {
    listener?.close();
    listener = undefined;
  }

  function leave(socket: Socket): void {
    inside.delete(socket);
    if (listener === undefined && !isClosing && inside.size < limit) void listenAgain();
  }

  async function listenAgain(): Promise<void> {
    while (listener === undefined && !isClosing) {
      try {
        await listen(port);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
        // Somebody else's outgoing connection has the port for the moment.
        await delay(RELISTEN_MS);
      }
    }
    if (isClosing) stopListening();
  }

  const port = await listen(0);
  return {
    port,
    get accepted() {
      return accepted;
    },
    async occupy(connections) {
      for (const socket of occupants.splice(connections)) socket.destroy();
      while (occupants.length < connections && listener !== undefined) {
        const arrived = once(listener, "connection");
        const socket = connect(port, HOST);
        // The device may end it: that is its business.
        socket.on("error", () => undefined);
        occupants.push(socket);
        await arrived;
      }
    },
    async close() {
      isClosing = true;
      for (const socket of occupants) socket.destroy();
      const gone = Promise.all([...inside].map((socket) => once(socket, "close")));
      for (const socket of inside) socket.destroy();
      stopListening();
      await gone;
    },
  };
}

function endWhenIdle(socket: Socket, idleMs: number, end: "fin" | "reset"): void {
  socket.setTimeout(idleMs, () => {
    if (end === "reset") socket.resetAndDestroy();
    else socket.end();
  });
}
