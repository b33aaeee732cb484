/** MQTT packets read by hand from what a client sent (MQTT 3.1.1 and 5, 2.1 and 3.1). */
export interface Packet {
  readonly type: number;
  /** The lower half of the first byte: of a PUBLISH, DUP, QoS and RETAIN. */
  readonly flags: number;
  readonly body: Buffer;
}

export const PacketType = { CONNECT: 1, PUBLISH: 3, SUBSCRIBE: 8, DISCONNECT: 14 } as const;

/** Whole packets only; what is left over is not there yet. */
export function packetsOf(stream: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at + 1 < stream.length; ) {
    const first = stream[at] ?? 0;
    const { value, next } = length(stream, at + 1);
    if (next + value > stream.length) break;
    packets.push({ type: first >> 4, flags: first & 15, body: stream.subarray(next, next + value) });
    at = next + value;
  }
  return packets;
}

function length(stream: Buffer, from: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let i = 0; i < 4; i += 1) {
    const byte = stream[from + i];
    if (byte === undefined) return { value: Number.POSITIVE_INFINITY, next: from };
    value += (byte & 0x7f) * 128 ** i;
    if (byte < 0x80) return { value, next: from + i + 1 };
  }
  throw new RangeError("a length of more than four bytes");
}

export interface ConnectPacket {
  readonly level: number;
  readonly cleanStart: boolean;
  readonly willQos: number;
  readonly willRetain: boolean;
  readonly keepalive: number;
  readonly clientId: string;
  readonly willTopic: string;
  readonly will: Buffer;
}

export function readConnect({ body }: Packet): ConnectPacket {
  // Two bytes of length, "MQTT".
  const level = body[6] ?? 0;
  const flags = body[7] ?? 0;
  let at = 10;
  const skipProperties = () => {
    if (level !== 5) return;
    const { value, next } = length(body, at);
    at = next + value;
  };
  const field = () => {
    const size = body.readUInt16BE(at);
    at += 2 + size;
    return body.subarray(at - size, at);
  };
  skipProperties();
  const clientId = field().toString("utf8");
  skipProperties();
  const willTopic = field().toString("utf8");
  const will = field();
  return {
    level,
    cleanStart: (flags & 2) !== 0,
    willQos: (flags >> 3) & 3,
    willRetain: (flags & 32) !== 0,
    keepalive: body.readUInt16BE(8),
    clientId,
    willTopic,
    will,
  };
}

export interface PublishPacket {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
}

export function readPublish({ flags, body }: Packet): PublishPacket {
  const topic = body.subarray(2, 2 + body.readUInt16BE(0)).toString("utf8");
  return { topic, qos: (flags >> 1) & 3, retain: (flags & 1) !== 0, dup: (flags & 8) !== 0 };
}
