import type { Server, Socket } from "node:net";
import type { Received } from "./received.ts";

/** What stands between the network and node-opcua's listener. */
export interface OpcuaGate {
  /** Connections since the start. */
  readonly accepted: number;
  /** Ends all connections, those that never said anything too. */
  close(): void;
}

export interface GateRules {
  readonly received: Received;
  /** Host that the address in a client's Hello must name; any where absent. */
  readonly requiredHost?: string;
}

const HEADER_BYTES = 8;
const HELLO_URL_AT = 28;
/** An address is shorter than 4096 bytes (OPC 10000-6, 7.1.2.3); chunks of this server are of 64 KB. */
const MOST_MESSAGE_BYTES = 0x20_000;
/** BadTcpEndpointUrlInvalid (OPC 10000-6, table A.2). */
const URL_INVALID = 0x80830000;

/** Looks at what comes in before the server does, and ends what it may not see.
 *  @param server listens already, with the listeners that serve */
export function placeGate(server: Server, { received, requiredHost }: GateRules): OpcuaGate {
  const serve = server.listeners("connection");
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // A peer that resets: "close" follows and is what counts.
    socket.on("error", () => undefined);
    withHello(socket, (hello) => {
      if (requiredHost !== undefined && !names(hello, requiredHost)) {
        received.note("opcua", hello);
        socket.write(errorMessage(URL_INVALID, "BadTcpEndpointUrlInvalid"));
        socket.destroySoon();
        return;
      }
      note(socket, received);
      socket.unshift(hello);
      for (const one of serve) one.call(server, socket);
    });
  });
  return {
    get accepted() {
      return accepted;
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Waits for the whole first message, or for what cannot become one. The socket is paused again when `use` is called. */
function withHello(socket: Socket, use: (hello: Buffer) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  socket.on("data", function look(chunk: Buffer) {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < HEADER_BYTES) return;
    const isHello = bytes.toString("latin1", 0, 3) === "HEL";
    if (isHello && bytes.length < Math.min(bytes.readUInt32LE(4), MOST_MESSAGE_BYTES)) return;
    socket.off("data", look);
    socket.pause();
    use(bytes);
  });
  socket.resume();
}

function names(hello: Buffer, host: string): boolean {
  if (hello.length < HELLO_URL_AT + 4) return false;
  const length = Math.max(0, hello.readInt32LE(HELLO_URL_AT));
  const url = hello.toString("utf8", HELLO_URL_AT + 4, HELLO_URL_AT + 4 + length);
  return URL.parse(url.replace(/^opc\.tcp:/, "http:"))?.hostname === host;
}

function errorMessage(status: number, reason: string): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + 8 + reason.length);
  message.write("ERRF", "latin1");
  message.writeUInt32LE(message.length, 4);
  message.writeUInt32LE(status, 8);
  message.writeUInt32LE(reason.length, 12);
  message.write(reason, 16, "latin1");
  return message;
}

/** Notes message by message; what cannot be cut is noted as it comes. */
function note(socket: Socket, received: Received): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES) {
      const size = rest.readUInt32LE(4);
      const isWhole = size >= HEADER_BYTES && size <= MOST_MESSAGE_BYTES;
      if (isWhole && rest.length < size) return;
      const length = isWhole ? size : rest.length;
      received.note("opcua", rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}
