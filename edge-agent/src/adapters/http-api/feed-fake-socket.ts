import type { FeedSocket } from "./feed-audience.ts";

type Event = "close" | "message" | "pong";

/** A socket in memory, for the tests of the feeds. */
export interface FakeSocket extends FeedSocket {
  bufferedAmount: number;
  /** Messages as they were handed over. */
  readonly raw: Uint8Array[];
  readonly closes: (readonly [number, string])[];
  pings: number;
  terminated: boolean;
  emit(event: Event, text?: string): void;
}

/** @param polite answers a close, as a living peer does */
export function createFakeSocket(onSend: (data: Uint8Array) => void, polite = true): FakeSocket {
  const listeners = new Map<Event, (data: Buffer) => void>();
  const socket: FakeSocket = {
    bufferedAmount: 0,
    raw: [],
    closes: [],
    pings: 0,
    terminated: false,
    send(data) {
      socket.raw.push(data);
      onSend(data);
    },
    ping() {
      socket.pings += 1;
    },
    close(code, reason) {
      socket.closes.push([code, reason]);
      if (polite) socket.emit("close");
    },
    terminate() {
      socket.terminated = true;
      socket.emit("close");
    },
    on: (event, listener) => void listeners.set(event, listener),
    emit: (event, text = "") => listeners.get(event)?.(Buffer.from(text)),
  };
  return socket;
}
