import type { Socket } from "node:net";
import type { Clock } from "../clock/clock.ts";
import type { SocketInfoReader } from "../socket-info.ts";
import type { SynAckSource } from "../syn-ack-source.ts";
import { isOwnAddress, type TcpView } from "../tcp-evidence.ts";
import type { TcpFeatures } from "./probe.ts";

/** Looks at one handshake with whatever eyes there are. */
export interface HandshakeWatch {
  /** Call right after the connection is made: the window is the SYN-ACK's only until something is received. */
  features(socket: Socket, connectMs: number, signal: AbortSignal): Promise<Handshake>;
  /** No connection came of it. */
  stop(): void;
}

export interface Handshake {
  readonly tcp: TcpFeatures;
  readonly view: TcpView;
}

export interface HandshakeDeps {
  readonly clock: Clock;
  readonly socketInfo: SocketInfoReader;
  readonly synAck?: SynAckSource;
}

/** For what was captured to reach this process. */
const CAPTURE_MS = 300;

/** Begins to watch: call before connecting. */
export function watchHandshake(address: string, port: number, deps: HandshakeDeps): HandshakeWatch {
  const { clock, socketInfo, synAck } = deps;
  const over = new AbortController();
  const isOwn = isOwnAddress(address);
  const seen = isOwn || synAck === undefined ? undefined : settle(synAck.observe(address, port, over.signal));

  async function captured(signal: AbortSignal): Promise<TcpFeatures | undefined> {
    if (seen === undefined) return undefined;
    const deadline = clock.deadline(CAPTURE_MS, signal);
    deadline.signal.addEventListener("abort", () => over.abort(), { once: true });
    try {
      const result = await seen;
      if ("thrown" in result) throw result.thrown;
      return result.value;
    } finally {
      deadline.dispose();
    }
  }

  return {
    async features(socket, connectMs, signal) {
      if (isOwn) return { tcp: { connectMs }, view: "loopback" };
      const full = await captured(signal);
      if (full !== undefined) return { tcp: { ...full, connectMs }, view: "syn-ack" };
      const known = await socketInfo(endsOf(socket), signal);
      return { tcp: { ...known, connectMs }, view: known === undefined ? "none" : "ss" };
    },
    stop: () => over.abort(),
  };
}

type Settled<T> = { readonly value: T } | { readonly thrown: unknown };

/** A promise that nobody may be waiting for when it fails. */
function settle<T>(promise: Promise<T>): Promise<Settled<T>> {
  return promise.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
}

function endsOf(socket: Socket): { readonly local: string; readonly remote: string } {
  return {
    local: end(socket.localAddress, socket.localPort),
    remote: end(socket.remoteAddress, socket.remotePort),
  };
}

const end = (address = "", port = 0): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
