import { createServer, type Socket } from "node:net";

/** Does something about one packet that a client sent. */
export type Answer = (packet: Buffer, socket: Socket) => void;

/** A peer on 127.0.0.1 for tests: greets like an S7-300 and answers reads as it is told to. */
export interface FakePlc {
  readonly port: number;
  /** Read requests that came, oldest first. */
  readonly requests: readonly Buffer[];
  /** Resolves when `count` read requests have come. */
  requested(count: number): Promise<void>;
  /** Resolves when the client has ended its half of the first connection. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

export interface FakePlcAnswers {
  readonly confirm?: Answer;
  readonly setup?: Answer;
  readonly read?: Answer;
}

/** As a CPU 315-2 PN/DP answers (PROTOCOLS.md 3.1 points 2 and 5). */
export const CONFIRM = Buffer.from("0300001611d00001000300c0010ac1020100c2020302", "hex");

export function setupReply(pduSize: number, jobsInFlight: number): Buffer {
  const reply = Buffer.from(
    "0300001b02f08032030000000000080000 0000f00000010001 00f0".replaceAll(" ", ""),
    "hex",
  );
  reply.writeUInt16BE(jobsInFlight, 21);
  reply.writeUInt16BE(jobsInFlight, 23);
  reply.writeUInt16BE(pduSize, 25);
  return reply;
}

/** An answer to the read `request`; a number in place of an item's bytes is its return code. */
export function readReply(request: Buffer, items: readonly (Buffer | number)[]): Buffer {
  const data = items.map((item, i) => {
    if (typeof item === "number") return Buffer.from([item, 0, 0, 0]);
    const fill = i < items.length - 1 ? item.length & 1 : 0;
    const bytes = Buffer.alloc(4 + item.length + fill);
    bytes.set([0xff, 0x04]);
    bytes.writeUInt16BE(8 * item.length, 2);
    bytes.set(item, 4);
    return bytes;
  });
  const header = Buffer.from("0300000002f080320300000000000200000000", "hex");
  const reply = Buffer.concat([header, Buffer.from([0x04, items.length]), ...data]);
  reply.writeUInt16BE(reply.length, 2);
  reply.writeUInt16BE(request.readUInt16BE(11), 11);
  reply.writeUInt16BE(reply.length - 21, 15);
  return reply;
}

export async function startFakePlc(answers: FakePlcAnswers = {}): Promise<FakePlc> {
  const requests: Buffer[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const sockets = new Set<Socket>();
  const ended = Promise.withResolvers<void>();
  const confirm = answers.confirm ?? ((_, socket) => void socket.write(CONFIRM));
  const setup = answers.setup ?? ((_, socket) => void socket.write(setupReply(240, 1)));

  function take(packet: Buffer, socket: Socket): void {
    if (packet[5] === 0xe0) confirm(packet, socket);
    else if (packet[17] === 0xf0) setup(packet, socket);
    else {
      requests.push(packet);
      answers.read?.(packet, socket);
      for (const { count, resolve } of waiting) if (requests.length >= count) resolve();
    }
  }

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let rest = Buffer.alloc(0);
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("end", () => {
      ended.resolve();
      socket.end();
    });
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= rest.readUInt16BE(2)) {
        const length = rest.readUInt16BE(2);
        take(rest.subarray(0, length), socket);
        rest = rest.subarray(length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake has no port");
  return {
    port: address.port,
    requests,
    ended: ended.promise,
    requested: (count) =>
      new Promise((resolve) => {
        if (requests.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
