import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { ProtocolId } from "@stethos/protocol-finger";
import type { Received } from "./received.ts";
import { type Door, openDoor } from "./tcp-door.ts";

/** A protocol of question and answer, spoken over TCP, UDP or both on one port. */
export interface Talk {
  readonly protocol: ProtocolId;
  /** How a TCP stream is cut into questions; nothing listens on TCP where absent. */
  readonly tcp?: TcpTalk;
  /** The answer to a datagram; nothing listens on UDP where absent. */
  readonly udp?: (datagram: Buffer) => Buffer | undefined;
}

export interface TcpTalk {
  /** Bytes of the first question; undefined while that cannot be told. What can be none ends the connection. */
  length(bytes: Buffer): number | "broken" | undefined;
  answer(question: Buffer): Buffer | undefined;
}

/** A device's port on which such a protocol is spoken. */
export type Talker = Pick<Door, "accepted" | "close" | "port">;

/** A question longer than this is none. */
const MOST_BYTES = 4096;
/** Both transports must get the same port. */
const ATTEMPTS = 20;

export async function startTalker(talk: Talk, received: Received): Promise<Talker> {
  for (let attempt = 1; ; attempt += 1) {
    const door = talk.tcp && (await openDoor({}, (socket) => serve(socket, talk, received)));
    try {
      const udp = talk.udp && (await bind(talk.udp, talk.protocol, received, door?.port ?? 0));
      return talkerOf(door, udp);
    } catch (error) {
      await door?.close();
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

function talkerOf(door: Door | undefined, udp: UdpSocket | undefined): Talker {
  return {
    port: door?.port ?? udp?.address().port ?? 0,
    get accepted() {
      return door?.accepted ?? 0;
    },
    async close() {
      if (udp !== undefined) {
        udp.close();
        await once(udp, "close");
      }
      await door?.close();
    },
  };
}

function serve(socket: Socket, talk: Talk, received: Received): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let length = next(rest, talk); length !== undefined; length = next(rest, talk)) {
      const question = rest.subarray(0, length === "broken" ? rest.length : length);
      rest = rest.subarray(question.length);
      received.note(talk.protocol, question);
      const answer = length === "broken" ? undefined : talk.tcp?.answer(question);
      if (answer !== undefined && socket.writable) socket.write(answer);
      if (length === "broken") socket.destroySoon();
    }
  });
}

/** The whole question at the front. */
function next(bytes: Buffer, { tcp }: Talk): number | "broken" | undefined {
  if (bytes.length === 0) return undefined;
  const length = tcp?.length(bytes);
  if (length === "broken" || (length ?? bytes.length) > MOST_BYTES) return "broken";
  return length !== undefined && length <= bytes.length ? length : undefined;
}

async function bind(
  answer: (datagram: Buffer) => Buffer | undefined,
  protocol: ProtocolId,
  received: Received,
  port: number,
): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  socket.on("message", (datagram, peer) => {
    received.note(protocol, datagram);
    const bytes = answer(datagram);
    if (bytes !== undefined) socket.send(bytes, peer.port, peer.address);
  });
  socket.bind(port, "127.0.0.1");
  // Rejects where the port is taken.
  await once(socket, "listening");
  return socket;
}
