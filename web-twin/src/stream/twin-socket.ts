import type { TwinSocket, TwinSocketHandlers } from "./twin-session.ts";

/** The browser's WebSocket as the twin's session wants it. */
export function connectTwinSocket(url: string, handlers: TwinSocketHandlers): TwinSocket {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  // An error event says nothing and is always followed by close.
  socket.addEventListener("open", () => handlers.opened());
  socket.addEventListener("message", (event) => handlers.received(event.data));
  socket.addEventListener("close", () => handlers.closed());
  return { send: (text) => socket.send(text), close: () => socket.close() };
}
