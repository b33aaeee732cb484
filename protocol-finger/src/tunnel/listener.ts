import { createServer, type Server, type Socket } from "node:net";
import { type Clock, slept } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import { DisconnectError } from "../wire/cotp.ts";
import { WireError } from "../wire/wire-error.ts";
import type { TunnelEvent } from "./events.ts";

/** A client of the tunnel. */
export interface Guest {
  readonly id: number;
  /** What it sends, as it comes; no more is taken from the network while nobody asks for it. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Waits while the guest takes nothing. */
  send(bytes: Buffer): Promise<void>;
  /** A whole request has come: the guest is alive and well. */
  asked(): void;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly maxClients: number;
  /** A guest that asks nothing for so long is sent away. */
  readonly idleTimeoutMs: number;
  /** So long may the first request take, every request from its first byte to its last, and the guest to take an
   *  answer. */
  readonly requestTimeoutMs: number;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  readonly guests: number;
  readonly guestsServed: number;
  readonly guestsRefused: number;
  readonly malformed: number;
  /** Nobody new is let in, everybody is sent away. Never throws. */
  close(): Promise<void>;
}

interface ListenerDeps {
  readonly clock: Clock;
  readonly onEvent: (event: TunnelEvent) => void;
}

interface Stay {
  readonly socket: Socket;
  lastRequestMs: number;
  /** Since when bytes have come that make no whole request; undefined while none have. */
  unfinishedSinceMs: number | undefined;
  /** Since when an answer waits to be taken. */
  sendingSinceMs: number | undefined;
  /** Why it was sent away; undefined while it may stay. */
  sentAway: string | undefined;
}

const SWEEP_MS = 250;
/** After so long without traffic the kernel asks whether the guest is still there. */
const KEEP_ALIVE_MS = 10_000;

/** A TCP server that its clients cannot exhaust: so many at a time, each with a bounded memory, none for longer than it
 *  has something to ask.
 *  @param serve talks with one guest until it leaves; a WireError sends the guest away
 *  @throws FingerError OPTION_INVALID where the port cannot be listened on */
export async function startListener(
  options: ListenerOptions,
  serve: (guest: Guest) => Promise<void>,
  { clock, onEvent }: ListenerDeps,
): Promise<Listener> {
  const stays = new Set<Stay>();
  const closing = new AbortController();
  const visits = new Set<Promise<void>>();
  const counts = { served: 0, refused: 0, malformed: 0 };
  // Half open: who has said all it wants to say is still answered.
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
    (socket) => {
      const visit = host(socket).finally(() => visits.delete(visit));
      visits.add(visit);
    },
  );
  server.maxConnections = options.maxClients;
  server.on("drop", (drop) => {
    counts.refused += 1;
    onEvent({ kind: "guest-refused", from: `${drop?.remoteAddress}:${drop?.remotePort}` });
  });

  async function host(socket: Socket): Promise<void> {
    counts.served += 1;
    const id = counts.served;
    const from = `${socket.remoteAddress}:${socket.remotePort}`;
    const stay: Stay = {
      socket,
      lastRequestMs: clock.monotonicMs(),
      unfinishedSinceMs: clock.monotonicMs(),
      sendingSinceMs: undefined,
      sentAway: undefined,
    };
    // Its end is seen by whoever reads or writes.
    socket.on("error", () => undefined);
    stays.add(stay);
    onEvent({ kind: "guest-came", guest: id, from });
    let reason = "it left";
    try {
      await serve(guestOf(id, stay));
    } catch (thrown) {
      reason = whyLeft(stay, thrown);
      if (thrown instanceof WireError) counts.malformed += 1;
    } finally {
      stays.delete(stay);
      // What was answered last should still arrive.
      socket.destroySoon();
      onEvent({ kind: "guest-left", guest: id, from, reason });
    }
  }

  function guestOf(id: number, stay: Stay): Guest {
    const { socket } = stay;
    return {
      id,
      chunks: watched(stay),
      async send(bytes) {
        stay.sendingSinceMs = clock.monotonicMs();
        await new Promise<void>((resolve, reject) => {
          socket.write(bytes, (error) => (error ? reject(error) : resolve()));
        });
        stay.sendingSinceMs = undefined;
      },
      asked() {
        stay.lastRequestMs = clock.monotonicMs();
        stay.unfinishedSinceMs = undefined;
      },
    };
  }

  async function* watched(stay: Stay): AsyncGenerator<Buffer> {
    for await (const chunk of stay.socket) {
      stay.unfinishedSinceMs ??= clock.monotonicMs();
      yield chunk;
    }
  }

  function overdue(stay: Stay, nowMs: number): string | undefined {
    const { idleTimeoutMs, requestTimeoutMs } = options;
    const since = (ms: number | undefined): number => (ms === undefined ? 0 : nowMs - ms);
    if (since(stay.sendingSinceMs) > requestTimeoutMs) return "it does not take its answers";
    if (since(stay.unfinishedSinceMs) > requestTimeoutMs) return "it does not finish its request";
    return since(stay.lastRequestMs) > idleTimeoutMs ? `it asked nothing for ${idleTimeoutMs} ms` : undefined;
  }

  async function sweep(): Promise<void> {
    while (await slept(clock, SWEEP_MS, closing.signal)) {
      for (const stay of stays) {
        const reason = overdue(stay, clock.monotonicMs());
        if (reason !== undefined) sendAway(stay, reason);
      }
    }
  }

  const place = await listen(server, options);
  // Accepting fails where the process has no file left to open: guests wait, the tunnel goes on.
  server.on("error", (error) => onEvent({ kind: "accept-failed", reason: error.message }));
  const sweeping = sweep();
  return {
    ...place,
    get guests() {
      return stays.size;
    },
    get guestsServed() {
      return counts.served;
    },
    get guestsRefused() {
      return counts.refused;
    },
    get malformed() {
      return counts.malformed;
    },
    async close() {
      closing.abort(new DOMException("the tunnel is closing", "AbortError"));
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const stay of stays) sendAway(stay, "the tunnel is closing");
      await Promise.all([...visits, sweeping, closed]);
    },
  };
}

function sendAway(stay: Stay, reason: string): void {
  stay.sentAway = reason;
  stay.socket.destroy();
}

function whyLeft({ sentAway }: Stay, thrown: unknown): string {
  if (sentAway !== undefined) return `sent away: ${sentAway}`;
  if (thrown instanceof WireError) return `sent away: ${thrown.message}`;
  if (thrown instanceof DisconnectError) return "it left";
  // ECONNRESET, EPIPE: the network's way to say that it left.
  if (thrown instanceof Error && "code" in thrown) return `it left (${thrown.code})`;
  throw thrown;
}

async function listen(
  server: Server,
  { host, port }: ListenerOptions,
): Promise<{ readonly address: string; readonly port: number }> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new FingerError("OPTION_INVALID", `cannot listen on ${host}:${port}: ${mendOf(cause)}`, { cause }),
      );
    });
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has an address");
  return { address: address.address, port: address.port };
}

const MENDS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is taken; choose another one",
  EACCES: "ports below 1024 need the right to them; choose a higher one",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no such name",
  EAI_AGAIN: "there is no such name",
};

const mendOf = (cause: Error): string => ("code" in cause && MENDS[String(cause.code)]) || cause.message;
