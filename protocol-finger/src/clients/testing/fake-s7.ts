import { createServer, type Socket } from "node:net";
import { hex } from "../../testing/malformed.ts";
import { createPacketCutter } from "../../wire/tpkt.ts";

/** Does something about one packet that a client sent. */
export type Answer = (packet: Buffer, socket: Socket) => void;

/** A peer on 127.0.0.1 that greets like an S7-300 unless told otherwise, and answers jobs as it is told to. */
export interface FakeS7 {
  readonly port: number;
  /** Everything but greetings, oldest first. */
  readonly jobs: readonly Buffer[];
  /** Resolves when `count` jobs have come. */
  asked(count: number): Promise<void>;
  /** Resolves when a client has ended its half of a connection. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

export interface FakeS7Answers {
  readonly confirm?: Answer;
  readonly setup?: Answer;
  readonly job?: Answer;
}

// ITI/ICS-Security-Tools, snap7_s300_everything.pcapng.
const CONFIRM = hex("03000016 11 d0 0001 0003 00 c0010a c1020100 c2020302");
const SETUP = hex("0300001b 02f080 3203 0000 0000 0008 0000 0000 f000 0001 0001 00f0");

/** The answer to `request` with these parameters and data; `error` is class and code. */
export function reply(request: Buffer, parameters: string, data: Buffer, error = 0): Buffer {
  const head = hex("03000000 02f080 3203 0000 0000 0000 0000 0000");
  const packet = Buffer.concat([head, hex(parameters), data]);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(request.readUInt16BE(11), 11);
  packet.writeUInt16BE(hex(parameters).length, 13);
  packet.writeUInt16BE(data.length, 15);
  packet.writeUInt16BE(error, 17);
  return packet;
}

export interface AskedItem {
  readonly area: number;
  readonly db: number;
  readonly start: number;
  readonly length: number;
}

/** The items of a read request. */
export function itemsOf(request: Buffer): AskedItem[] {
  return Array.from({ length: request.readUInt8(18) }, (_, i) => {
    const at = 19 + 12 * i;
    return {
      area: request.readUInt8(at + 8),
      db: request.readUInt16BE(at + 6),
      start: request.readUIntBE(at + 9, 3) / 8,
      length: request.readUInt16BE(at + 4),
    };
  });
}

/** A controller whose memory holds in each byte the low byte of its address; `refuse` gives return codes. */
export const serveMemory =
  (refuse: (item: AskedItem) => number | undefined = () => undefined): Answer =>
  (request, socket) => {
    const items = itemsOf(request);
    const data = items.map((item, i) => {
      const code = refuse(item);
      if (code !== undefined) return Buffer.from([code, 0, 0, 0]);
      const bytes = Buffer.alloc(4 + item.length + (i < items.length - 1 ? item.length & 1 : 0));
      bytes.set([0xff, 0x04]);
      bytes.writeUInt16BE(8 * item.length, 2);
      for (let at = 0; at < item.length; at += 1) bytes[4 + at] = item.start + at;
      return bytes;
    });
    socket.write(reply(request, `04${items.length.toString(16).padStart(2, "0")}`, Buffer.concat(data)));
  };

export async function startFakeS7(answers: FakeS7Answers = {}): Promise<FakeS7> {
  const jobs: Buffer[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const sockets = new Set<Socket>();
  const ended = Promise.withResolvers<void>();
  const confirm = answers.confirm ?? ((_, socket) => void socket.write(CONFIRM));
  const setup = answers.setup ?? ((_, socket) => void socket.write(SETUP));

  function take(packet: Buffer, socket: Socket): void {
    if (packet[5] === 0xe0) confirm(packet, socket);
    else if (packet[17] === 0xf0) setup(packet, socket);
    else {
      jobs.push(packet);
      answers.job?.(packet, socket);
      for (const { count, resolve } of waiting) if (jobs.length >= count) resolve();
    }
  }

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const cutter = createPacketCutter(1024);
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("end", () => {
      ended.resolve();
      socket.end();
    });
    socket.on("data", (chunk) => cutter.push(chunk, (packet) => take(Buffer.from(packet), socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake has no port");
  return {
    port: address.port,
    jobs,
    ended: ended.promise,
    asked: (count) =>
      new Promise((resolve) => {
        if (jobs.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
