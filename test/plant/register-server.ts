import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** Modbus/TCP controllers behind one port, with nothing but holding registers to read: quick enough for a hundred
 *  thousand of them a second, which the servers of the packages are not. */
export interface RegisterServer {
  readonly port: number;
  /** 65,536 registers a unit; write into them while it serves. */
  readonly units: readonly Uint16Array[];
  close(): Promise<void>;
}

const REGISTERS = 65_536;
/** Modbus Messaging on TCP/IP V1.0b, 3.1.3: transaction, protocol, length, unit; then function, start, quantity. */
const MBAP_BYTES = 7;
const REQUEST_BYTES = MBAP_BYTES + 5;
/** Function and exception codes: Modbus Application Protocol V1.1b3, 6.3 and 7. */
const READ_HOLDING = 3;
const MOST_REGISTERS = 125;
const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const NO_UNIT = 0x0b;

export async function startRegisterServer(count: number): Promise<RegisterServer> {
  const units = Array.from({ length: count }, () => new Uint16Array(REGISTERS));
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A client that breaks off is no trouble of a controller's.
    socket.on("error", () => socket.destroy());
    serve(socket, units);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    units,
    close: () => closed(server, sockets),
  };
}

async function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const done = once(server, "close");
  server.close();
  for (const socket of sockets) socket.destroy();
  await done;
}

function serve(socket: Socket, units: readonly Uint16Array[]): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    let left = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const answers: Buffer[] = [];
    while (left.length >= MBAP_BYTES) {
      const length = 6 + left.readUInt16BE(4);
      // Nothing longer than a request to read is understood here.
      if (length > REQUEST_BYTES || length < MBAP_BYTES + 1) return void socket.destroy();
      if (left.length < length) break;
      answers.push(answer(left.subarray(0, length), units));
      left = left.subarray(length);
    }
    rest = left;
    if (answers.length > 0) socket.write(Buffer.concat(answers));
  });
}

function answer(request: Buffer, units: readonly Uint16Array[]): Buffer {
  const registers = units[request.readUInt8(6) - 1];
  const code = request.readUInt8(MBAP_BYTES);
  if (registers === undefined) return exception(request, code, NO_UNIT);
  if (code !== READ_HOLDING || request.length < REQUEST_BYTES)
    return exception(request, code, ILLEGAL_FUNCTION);
  const start = request.readUInt16BE(8);
  const quantity = request.readUInt16BE(10);
  if (quantity < 1 || quantity > MOST_REGISTERS || start + quantity > REGISTERS)
    return exception(request, code, ILLEGAL_ADDRESS);
  const reply = Buffer.allocUnsafe(MBAP_BYTES + 2 + 2 * quantity);
  request.copy(reply, 0, 0, MBAP_BYTES);
  reply.writeUInt16BE(3 + 2 * quantity, 4);
  reply.writeUInt8(code, 7);
  reply.writeUInt8(2 * quantity, 8);
  for (let i = 0; i < quantity; i += 1) reply.writeUInt16BE(registers[start + i] ?? 0, 9 + 2 * i);
  return reply;
}

function exception(request: Buffer, code: number, why: number): Buffer {
  const reply = Buffer.allocUnsafe(MBAP_BYTES + 2);
  request.copy(reply, 0, 0, MBAP_BYTES);
  reply.writeUInt16BE(3, 4);
  reply.writeUInt8(code | 0x80, 7);
  reply.writeUInt8(why, 8);
  return reply;
}
