import { createServer, type Socket } from "node:net";
import { type Adu, createAduCutter, encodeAdu } from "../../wire/mbap.ts";
import {
  bytesOf,
  decodeModbusRequest,
  encodeModbusException,
  encodeModbusReply,
  isBitTable,
  type ModbusRange,
  type ModbusRequest,
} from "../../wire/modbus-pdu.ts";

/** A Modbus/TCP device under the test's control, with what it was sent. */
export interface FakeModbus {
  readonly port: number;
  /** Bytes of all tables: registers and bits are views into it, two bytes and one bit each. */
  readonly memory: Buffer;
  readonly requests: readonly ModbusRequest[];
  readonly adus: readonly Adu[];
  readonly connections: number;
  /** The newest connection. */
  readonly socket: Socket;
  close(): Promise<void>;
}

export interface FakeModbusTraits {
  /** Exception code in place of an answer; 0 for none; undefined for silence. */
  readonly refuse?: (request: ModbusRequest) => number | undefined;
  /** Anything instead of the ordinary answer. */
  readonly answer?: (adu: Adu, request: ModbusRequest, socket: Socket) => boolean;
  readonly port?: number;
}

const MEMORY_BYTES = 2 * 65_536;

export async function startFakeModbus(traits: FakeModbusTraits = {}): Promise<FakeModbus> {
  const memory = Buffer.alloc(MEMORY_BYTES);
  for (let i = 0; i < MEMORY_BYTES; i += 1) memory[i] = (i * 31 + (i >> 8) * 7) & 0xff;
  const requests: ModbusRequest[] = [];
  const adus: Adu[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;

  function take(adu: Adu, socket: Socket): void {
    const request = decodeModbusRequest(adu.pdu);
    requests.push(request);
    adus.push({ ...adu, pdu: Buffer.from(adu.pdu) });
    if (traits.answer?.(adu, request, socket) === true) return;
    const refusal = traits.refuse === undefined ? 0 : traits.refuse(request);
    if (refusal === undefined) return;
    socket.write(encodeAdu({ ...adu, pdu: replyTo(adu, request, refusal) }));
  }

  function replyTo(adu: Adu, request: ModbusRequest, refusal: number): Buffer {
    if (refusal !== 0) return encodeModbusException(adu.pdu[0] ?? 0, refusal);
    if (request.kind === "other") return encodeModbusException(request.function, 1);
    if (request.kind === "write") write(memory, request, request.bytes);
    return encodeModbusReply(request, request.kind === "read" ? read(memory, request) : Buffer.alloc(0));
  }

  const server = createServer((socket) => {
    const cutter = createAduCutter();
    connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => cutter.push(chunk, (adu) => take(adu, socket)));
  });
  await new Promise<void>((resolve) => server.listen(traits.port ?? 0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake has no port");
  return {
    port: address.port,
    memory,
    requests,
    adus,
    get connections() {
      return connections;
    },
    get socket() {
      const newest = [...sockets].at(-1);
      if (newest === undefined) throw new Error("nobody is connected");
      return newest;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** What a read of `memory` brings. */
export function read(memory: Buffer, { table, start, count }: ModbusRange): Buffer {
  if (!isBitTable(table)) return memory.subarray(2 * start, 2 * (start + count));
  const bytes = Buffer.alloc(bytesOf(table, count));
  for (let i = 0; i < count; i += 1) {
    const bit = start + i;
    bytes[i >> 3] = (bytes[i >> 3] ?? 0) | ((((memory[bit >> 3] ?? 0) >> (bit & 7)) & 1) << (i & 7));
  }
  return bytes;
}

function write(memory: Buffer, { table, start, count }: ModbusRange, bytes: Buffer): void {
  if (!isBitTable(table)) {
    bytes.copy(memory, 2 * start);
    return;
  }
  for (let i = 0; i < count; i += 1) {
    const bit = start + i;
    const mask = 1 << (bit & 7);
    const isSet = (((bytes[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
    memory[bit >> 3] = ((memory[bit >> 3] ?? 0) & ~mask) | (isSet ? mask : 0);
  }
}
