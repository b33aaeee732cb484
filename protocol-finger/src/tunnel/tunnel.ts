import type { TunnelEvent, TunnelStats } from "./events.ts";
import { type Guest, type Listener, startListener } from "./listener.ts";
import {
  createUpstream,
  type TunnelDeps,
  type Upstream,
  type UpstreamOptions,
  type UpstreamSession,
} from "./upstream.ts";

/** Limits of a tunnel, whatever it speaks. */
export interface TunnelOptions {
  /** Clients at a time; more are turned away. */
  readonly maxClients: number;
  /** Requests that may wait for the PLC; more are answered with "busy". */
  readonly maxQueue: number;
  /** A client that asks nothing for so long is sent away. */
  readonly idleTimeoutMs: number;
  /** So long may a client take over one request, or over taking an answer. */
  readonly requestTimeoutMs: number;
  /** First and longest wait between two attempts to connect to the PLC. */
  readonly backoffFirstMs: number;
  readonly backoffMostMs: number;
}

export const TUNNEL_DEFAULTS: TunnelOptions = {
  maxClients: 8,
  maxQueue: 32,
  idleTimeoutMs: 600_000,
  requestTimeoutMs: 5000,
  backoffFirstMs: 1000,
  backoffMostMs: 60_000,
};

/** A tunnel that serves. */
export interface Tunnel {
  readonly address: string;
  readonly port: number;
  stats(): TunnelStats;
  /** Sends the clients away and leaves the PLC politely. Never throws. The signal given at the start does the same. */
  close(): Promise<void>;
}

/** What the doing side of a tunnel counts. */
export interface BackendCounts {
  /** Times that the PLC was asked. */
  readonly rounds: number;
  /** Rows that took more than one request. */
  readonly torn: number;
  /** Requests that found too many waiting. */
  readonly turnedAway: number;
}

export interface TunnelParts<Session, Backend> {
  readonly listen: { readonly host: string; readonly port: number };
  readonly settings: TunnelOptions;
  readonly plc: Pick<UpstreamOptions<Session>, "isOver" | "open">;
  backend(upstream: Upstream<Session>): Backend;
  serve(guest: Guest, backend: Backend, watch: GuestWatch): Promise<void>;
}

/** Told by whoever talks with a guest. */
export interface GuestWatch {
  onEvent(event: TunnelEvent): void;
  /** A whole request has come. */
  onRequest(): void;
}

/** Opens the port, then the connection to the PLC, and keeps both until told to stop.
 *  @throws FingerError OPTION_INVALID (the port cannot be listened on) */
export async function startTunnel<Session extends UpstreamSession, Backend extends BackendCounts>(
  parts: TunnelParts<Session, Backend>,
  deps: TunnelDeps,
  signal: AbortSignal,
): Promise<Tunnel> {
  signal.throwIfAborted();
  const counts = { requests: 0, writes: 0, writesRefused: 0 };
  const stopping = new AbortController();
  const onEvent = (event: TunnelEvent): void => {
    if (event.kind === "written") counts.writes += 1;
    if (event.kind === "write-refused") counts.writesRefused += 1;
    deps.onEvent(event);
  };
  const watch: GuestWatch = {
    onEvent,
    onRequest() {
      counts.requests += 1;
    },
  };
  const upstream = createUpstream({ ...parts.plc, ...parts.settings }, { ...deps, onEvent }, stopping.signal);
  const backend = parts.backend(upstream);
  const listener = await startListener(
    { ...parts.listen, ...parts.settings },
    (guest) => parts.serve(guest, backend, watch),
    { clock: deps.clock, onEvent },
  );
  const running = upstream.run();
  let closed: Promise<void> | undefined;

  async function end(): Promise<void> {
    // Whoever waits for the PLC is answered first that it is gone.
    stopping.abort(new DOMException("the tunnel is closing", "AbortError"));
    await Promise.all([running, listener.close()]);
  }

  function close(): Promise<void> {
    closed ??= end();
    return closed;
  }

  const onAbort = (): void => void close();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    address: listener.address,
    port: listener.port,
    stats: () => ({ ...counts, ...statsOf(listener, upstream, backend) }),
    close,
  };
}

const statsOf = (
  listener: Listener,
  upstream: Upstream<unknown>,
  backend: BackendCounts,
): Omit<TunnelStats, "requests" | "writes" | "writesRefused"> => ({
  guests: listener.guests,
  guestsServed: listener.guestsServed,
  guestsRefused: listener.guestsRefused,
  malformed: listener.malformed,
  busy: backend.turnedAway,
  torn: backend.torn,
  plcUp: upstream.isUp,
  plcConnections: upstream.connections,
  plcRounds: backend.rounds,
});
