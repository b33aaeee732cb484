import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** One client of a scripted feed. */
export interface FeedSocket {
  send(message: string | Uint8Array): void;
  /** Ends the connection as a crash would. */
  destroy(): void;
}

interface FeedSocketEvents {
  closed(): void;
  /** A text that the client sent. */
  received?(text: string): void;
}

// RFC 6455, 1.3
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const FINAL = 0x80;
const MASK_BYTES = 4;

/** A whole message from a server: not masked (RFC 6455, 5.2). */
function frame(message: string | Uint8Array): Buffer {
  const payload = Buffer.from(message);
  const first = FINAL | (typeof message === "string" ? TEXT : BINARY);
  if (payload.length < 126) return Buffer.concat([Buffer.from([first, payload.length]), payload]);
  if (payload.length < 65_536) {
    const head = Buffer.from([first, 126, 0, 0]);
    head.writeUInt16BE(payload.length, 2);
    return Buffer.concat([head, payload]);
  }
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** One masked frame below 64 KB. */
interface ClientFrame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly length: number;
}

/** The frame that some bytes begin with, where all of it has come. */
function firstFrame(bytes: Buffer): ClientFrame | undefined {
  const short = (bytes[1] ?? 0) & 0x7f;
  const head = short === 126 ? 4 : 2;
  if (bytes.length < head) return undefined;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  const length = head + MASK_BYTES + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(head, head + MASK_BYTES);
  const payload = Buffer.from(bytes.subarray(head + MASK_BYTES, length));
  for (let i = 0; i < size; i += 1) payload[i] = (payload[i] ?? 0) ^ (mask[i % MASK_BYTES] ?? 0);
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload, length };
}

function createReader(read: (frame: ClientFrame) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    for (let next = firstFrame(rest); next !== undefined; next = firstFrame(rest)) {
      rest = rest.subarray(next.length);
      read(next);
    }
  };
}

/** Takes a WebSocket connection. */
export function acceptFeed(request: IncomingMessage, socket: Duplex, events: FeedSocketEvents): FeedSocket {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on("error", () => socket.destroy());
  socket.on("close", events.closed);
  const read = createReader(({ opcode, payload }) => {
    if (opcode === CLOSE) socket.end(Buffer.from([FINAL | CLOSE, 0]));
    if (opcode === TEXT) events.received?.(payload.toString());
  });
  socket.on("data", read);
  return {
    send(message) {
      if (!socket.destroyed) socket.write(frame(message));
    },
    destroy: () => socket.destroy(),
  };
}
