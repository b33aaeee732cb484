import type { Socket, SocketHandlers } from "./feed.ts";

/** The browser's WebSocket as the feed wants it. */
export function connectSocket(url: string, handlers: SocketHandlers): Socket {
  const socket = new WebSocket(url);
  // An error event says nothing and is always followed by close.
  socket.addEventListener("message", (event) => handlers.received(event.data));
  socket.addEventListener("close", () => handlers.closed());
  return { close: () => socket.close() };
}
