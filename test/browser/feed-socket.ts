import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** One client of the scripted feed. */
export interface FeedSocket {
  send(text: string): void;
  /** Ends the connection as a crash would. */
  destroy(): void;
}

// RFC 6455, 1.3
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 0x81;
const CLOSE = 0x8;

/** A text frame from a server: not masked (RFC 6455, 5.2). */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length < 126) return Buffer.concat([Buffer.from([TEXT, payload.length]), payload]);
  if (payload.length < 65_536) {
    const head = Buffer.from([TEXT, 126, 0, 0]);
    head.writeUInt16BE(payload.length, 2);
    return Buffer.concat([head, payload]);
  }
  const head = Buffer.alloc(10);
  head[0] = TEXT;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** Takes a WebSocket connection that only ever listens. */
export function acceptFeed(request: IncomingMessage, socket: Duplex, closed: () => void): FeedSocket {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on("error", () => socket.destroy());
  socket.on("close", closed);
  socket.on("data", (data: Buffer) => {
    if (((data[0] ?? 0) & 0x0f) === CLOSE) socket.end(Buffer.from([0x88, 0]));
  });
  return {
    send: (text) => socket.write(textFrame(text)),
    destroy: () => socket.destroy(),
  };
}
