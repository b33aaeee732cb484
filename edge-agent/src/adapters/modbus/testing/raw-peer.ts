import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A request as it came, and the means to answer it well or badly. */
export interface RawRequest {
  readonly id: number;
  readonly unit: number;
  readonly fn: number;
  readonly start: number;
  readonly quantity: number;
  readonly socket: Socket;
  /** A proper answer with these registers. */
  answer(registers: readonly number[]): void;
  /** A proper answer with these data bytes. */
  answerBytes(bytes: readonly number[]): void;
  refuse(code: number): void;
  /** An answer with this PDU (without the unit) under this request's id. */
  send(pdu: readonly number[], unit?: number): void;
}

/** A Modbus/TCP device under the test's control: each request waits in `next()` or goes to `answering`. */
export interface RawPeer {
  readonly port: number;
  /** All requests so far, oldest first. */
  readonly requests: readonly RawRequest[];
  /** How many connections there have been. */
  readonly connections: number;
  /** The oldest request that nobody took yet. */
  next(): Promise<RawRequest>;
  close(): Promise<void>;
}

/** @param answering answers every request itself; without it the test does */
export async function startRawPeer(answering?: (request: RawRequest) => void): Promise<RawPeer> {
  const sockets = new Set<Socket>();
  const requests: RawRequest[] = [];
  const untaken: RawRequest[] = [];
  const takers: ((request: RawRequest) => void)[] = [];
  let connections = 0;

  function arrive(request: RawRequest): void {
    requests.push(request);
    if (answering !== undefined) {
      answering(request);
      return;
    }
    const taker = takers.shift();
    if (taker === undefined) untaken.push(request);
    else taker(request);
  }

  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    sockets.add(socket);
    let held = Buffer.alloc(0);
    socket.on("error", () => sockets.delete(socket));
    socket.on("data", (bytes) => {
      held = Buffer.concat([held, bytes]);
      for (; held.length >= 12; held = held.subarray(12)) arrive(requestOf(held, socket));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    get connections() {
      return connections;
    },
    next: () =>
      new Promise((resolve) => {
        const request = untaken.shift();
        if (request === undefined) takers.push(resolve);
        else resolve(request);
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function requestOf(bytes: Buffer, socket: Socket): RawRequest {
  const [id, unit, fn] = [bytes.readUInt16BE(0), bytes.readUInt8(6), bytes.readUInt8(7)];
  const send = (pdu: readonly number[], as = unit) => {
    socket.write(mbap(id, as, pdu));
  };
  const answerBytes = (data: readonly number[]) => send([fn, data.length, ...data]);
  return {
    id,
    unit,
    fn,
    start: bytes.readUInt16BE(8),
    quantity: bytes.readUInt16BE(10),
    socket,
    send,
    answerBytes,
    answer: (registers) => answerBytes(registers.flatMap((register) => [register >> 8, register & 0xff])),
    refuse: (code) => send([fn | 0x80, code]),
  };
}

/** A whole frame. */
export function mbap(id: number, unit: number, pdu: readonly number[]): Buffer {
  const length = pdu.length + 1;
  return Buffer.from([id >> 8, id & 0xff, 0, 0, length >> 8, length & 0xff, unit, ...pdu]);
}

/** Registers that hold their own address: what most tests want to see. */
export const ownAddresses = (request: RawRequest): number[] =>
  Array.from({ length: request.quantity }, (_, i) => request.start + i);
