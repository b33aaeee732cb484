import type { CapturedPacket } from "../captured.ts";

/** Packets and captures made byte by byte, for tests. */

export const PLC = { mac: "001b1b23eb3b", host: "10.0.0.5" } as const;
export const PC = { mac: "90e6ba845e41", host: "10.0.0.9" } as const;

export function ethernet(
  etherType: number,
  payload: Buffer,
  sourceMac: string = PLC.mac,
  tags: number[] = [],
): Buffer {
  const vlans = tags.flatMap((tag) => [u16(tag), u16(7)]);
  return Buffer.concat([
    Buffer.from(PC.mac, "hex"),
    Buffer.from(sourceMac, "hex"),
    ...vlans,
    u16(etherType),
    payload,
  ]);
}

interface Ipv4 {
  readonly source: string;
  readonly target: string;
  readonly protocol: number;
  readonly ttl?: number;
  readonly dontFragment?: boolean;
  readonly fragmentOffset?: number;
}

export function ipv4(header: Ipv4, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.set([0x45, 0], 0);
  bytes.writeUInt16BE(20 + payload.length, 2);
  bytes.writeUInt16BE((header.dontFragment === true ? 0x4000 : 0) | (header.fragmentOffset ?? 0), 6);
  bytes.set([header.ttl ?? 64, header.protocol], 8);
  bytes.set(addressBytes(header.source), 12);
  bytes.set(addressBytes(header.target), 16);
  return Buffer.concat([bytes, payload]);
}

export interface TcpParts {
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly acknowledged?: number;
  /** Letters of flags: "SA". */
  readonly flags: string;
  readonly window?: number;
  readonly options?: string;
  readonly payload?: Buffer;
}

const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

export function tcp(parts: TcpParts): Buffer {
  const options = Buffer.from(parts.options ?? "", "hex");
  const bytes = Buffer.alloc(20);
  bytes.writeUInt16BE(parts.from, 0);
  bytes.writeUInt16BE(parts.to, 2);
  bytes.writeUInt32BE(parts.sequence, 4);
  bytes.writeUInt32BE(parts.acknowledged ?? 0, 8);
  bytes.writeUInt8(((20 + options.length) / 4) << 4, 12);
  bytes.writeUInt8(
    [...parts.flags].reduce((sum, flag) => sum | (FLAGS[flag] ?? 0), 0),
    13,
  );
  bytes.writeUInt16BE(parts.window ?? 4096, 14);
  return Buffer.concat([bytes, options, parts.payload ?? Buffer.alloc(0)]);
}

export function udp(from: number, to: number, payload: Buffer): Buffer {
  return Buffer.concat([u16(from), u16(to), u16(8 + payload.length), u16(0), payload]);
}

const ETHERNET = 1;

/** An Ethernet frame as captured. */
export function captured(frame: Buffer, timeUs = 0, linkType = ETHERNET): CapturedPacket {
  return { timeUs, linkType, bytes: frame, wireBytes: frame.length };
}

export interface Segment extends TcpParts {
  readonly isFromServer: boolean;
  readonly timeUs?: number;
  readonly ttl?: number;
  readonly dontFragment?: boolean;
}

/** A TCP segment between PC and PLC. */
export function segment(parts: Segment): CapturedPacket {
  const [source, target] = parts.isFromServer ? [PLC, PC] : [PC, PLC];
  const { ttl = 64, dontFragment = false } = parts;
  const packet = ipv4(
    { source: source.host, target: target.host, protocol: 6, ttl, dontFragment },
    tcp(parts),
  );
  return captured(ethernet(0x0800, packet, source.mac), parts.timeUs ?? 0);
}

/** One TCP connection: handshake, then each text or buffer as one segment, then both FINs.
 *  @param turns who says what, in order */
export function connection(
  serverPort: number,
  turns: readonly { readonly isFromServer: boolean; readonly bytes: Buffer }[],
  synAck: Partial<Segment> = {},
): CapturedPacket[] {
  const clientPort = 49_152;
  const at = { client: 1000, server: 9000 };
  const make = (isFromServer: boolean, flags: string, more: Partial<Segment> = {}) =>
    segment({
      isFromServer,
      from: isFromServer ? serverPort : clientPort,
      to: isFromServer ? clientPort : serverPort,
      sequence: isFromServer ? at.server : at.client,
      acknowledged: isFromServer ? at.client : at.server,
      flags,
      ...(isFromServer && { ttl: synAck.ttl ?? 30 }),
      ...more,
    });
  const packets = [make(false, "S", { acknowledged: 0 })];
  at.client += 1;
  packets.push(make(true, "SA", { timeUs: 2000, options: "020405b4", ...synAck }));
  at.server += 1;
  for (const { isFromServer, bytes } of turns) {
    packets.push(make(isFromServer, "PA", { payload: bytes }));
    at[isFromServer ? "server" : "client"] += bytes.length;
  }
  packets.push(make(false, "FA"), make(true, "FA"));
  return packets;
}

export interface PcapShape {
  readonly isLittle?: boolean;
  readonly isNano?: boolean;
}

export function pcapFile(
  packets: readonly CapturedPacket[],
  { isLittle = true, isNano = false }: PcapShape = {},
): Buffer {
  const w = writer(isLittle);
  const header = [
    w.u32(isNano ? 0xa1b23c4d : 0xa1b2c3d4),
    w.u16(2),
    w.u16(4),
    w.u32(0),
    w.u32(0),
    w.u32(262_144),
    w.u32(packets[0]?.linkType ?? ETHERNET),
  ];
  const records = packets.flatMap(({ timeUs, bytes, wireBytes }) => [
    w.u32(Math.floor(timeUs / 1_000_000)),
    w.u32((timeUs % 1_000_000) * (isNano ? 1000 : 1)),
    w.u32(bytes.length),
    w.u32(wireBytes),
    bytes,
  ]);
  return Buffer.concat([...header, ...records]);
}

/** A block of pcapng with its length before and behind. */
export function block(type: number, body: Buffer, isLittle = true): Buffer {
  const w = writer(isLittle);
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  const length = w.u32(padded.length + 12);
  return Buffer.concat([w.u32(type), length, padded, length]);
}

export function sectionHeader(isLittle = true): Buffer {
  const w = writer(isLittle);
  const body = Buffer.concat([w.u32(0x1a2b3c4d), w.u16(1), w.u16(0), Buffer.alloc(8, 0xff)]);
  return block(0x0a0d0d0a, body, isLittle);
}

/** @param options code and value of each */
export function interfaceDescription(
  linkType: number,
  options: readonly (readonly [number, Buffer])[] = [],
  { isLittle = true, snapLength = 0 } = {},
): Buffer {
  const w = writer(isLittle);
  const made = options.flatMap(([code, value]) => [
    w.u16(code),
    w.u16(value.length),
    value,
    Buffer.alloc((4 - (value.length % 4)) % 4),
  ]);
  const end = options.length === 0 ? [] : [w.u32(0)];
  return block(1, Buffer.concat([w.u16(linkType), w.u16(0), w.u32(snapLength), ...made, ...end]), isLittle);
}

export function enhancedPacket(bytes: Buffer, units: bigint, { isLittle = true, link = 0 } = {}): Buffer {
  const w = writer(isLittle);
  const time = [w.u32(Number(units >> 32n)), w.u32(Number(units & 0xffff_ffffn))];
  return block(
    6,
    Buffer.concat([w.u32(link), ...time, w.u32(bytes.length), w.u32(bytes.length), bytes]),
    isLittle,
  );
}

export function writer(isLittle: boolean): { u16(value: number): Buffer; u32(value: number): Buffer } {
  const write = (size: number, value: number) => {
    const bytes = Buffer.alloc(size);
    if (isLittle) bytes.writeUIntLE(value, 0, size);
    else bytes.writeUIntBE(value, 0, size);
    return bytes;
  };
  return { u16: (value) => write(2, value), u32: (value) => write(4, value) };
}

const u16 = (value: number): Buffer => writer(false).u16(value);

const addressBytes = (address: string): number[] => address.split(".").map(Number);
