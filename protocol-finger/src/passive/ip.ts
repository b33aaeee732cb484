import { createCursor } from "../wire/cursor.ts";

export interface IpPacket {
  readonly source: string;
  readonly target: string;
  /** Hop limit in IPv6. */
  readonly ttl: number;
  /** Always true in IPv6, which never fragments on the way. */
  readonly dontFragment: boolean;
  /** Number of the protocol inside (IANA). */
  readonly protocol: number;
  readonly bytes: Buffer;
}

export const IP_PROTOCOL = { tcp: 6, udp: 17 } as const;

const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET = 0x1fff;
// RFC 8200, section 4: hop-by-hop, routing, destination options.
const SKIPPED_HEADERS: readonly number[] = [0, 43, 60];
const MOST_HEADERS = 8;

/** RFC 791.
 *  @returns undefined for a part of a fragmented packet
 *  @throws WireError */
export function decodeIpv4(bytes: Buffer): IpPacket | undefined {
  const cursor = createCursor(bytes);
  const first = cursor.u8("the IP version");
  if (first >> 4 !== 4) cursor.fail(`an IP version of ${first >> 4}`);
  const headerBytes = (first & 0x0f) * 4;
  if (headerBytes < 20) cursor.fail(`an IP header of ${headerBytes} bytes`);
  cursor.skip(1, "the service class");
  const totalBytes = cursor.u16("the total length");
  cursor.skip(2, "the identification");
  const fragment = cursor.u16("the fragment offset");
  const ttl = cursor.u8("the time to live");
  const protocol = cursor.u8("the protocol");
  cursor.skip(2, "the checksum");
  const source = ipv4Text(cursor.bytes(4, "the source"));
  const target = ipv4Text(cursor.bytes(4, "the target"));
  cursor.seek(headerBytes, "the end of the header");
  if ((fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0) return undefined;
  // Short frames are padded on Ethernet: the header knows the true length. 0 is written by offloading network cards.
  const end = totalBytes < headerBytes ? bytes.length : Math.min(bytes.length, totalBytes);
  return {
    source,
    target,
    ttl,
    dontFragment: (fragment & DONT_FRAGMENT) !== 0,
    protocol,
    bytes: bytes.subarray(headerBytes, end),
  };
}

/** RFC 8200.
 *  @returns undefined for a part of a fragmented packet, and for what is encrypted
 *  @throws WireError */
export function decodeIpv6(bytes: Buffer): IpPacket | undefined {
  const cursor = createCursor(bytes);
  const first = cursor.u32("the IP version");
  if (first >>> 28 !== 6) cursor.fail(`an IP version of ${first >>> 28}`);
  const payloadBytes = cursor.u16("the payload length");
  let protocol = cursor.u8("the next header");
  const ttl = cursor.u8("the hop limit");
  const source = ipv6Text(cursor.bytes(16, "the source"));
  const target = ipv6Text(cursor.bytes(16, "the target"));
  const end = payloadBytes === 0 ? bytes.length : Math.min(bytes.length, cursor.at + payloadBytes);
  for (let headers = 0; SKIPPED_HEADERS.includes(protocol); headers += 1) {
    if (headers === MOST_HEADERS) cursor.fail(`more than ${MOST_HEADERS} extension headers`);
    protocol = cursor.u8("the next header");
    const length = (cursor.u8("the header's length") + 1) * 8;
    cursor.skip(length - 2, "an extension header");
  }
  if (protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp) return undefined;
  return {
    source,
    target,
    ttl,
    dontFragment: true,
    protocol,
    bytes: bytes.subarray(cursor.at, Math.max(end, cursor.at)),
  };
}

export const ipv4Text = (bytes: Buffer): string => bytes.join(".");

/** In the short form of RFC 5952. */
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16)).join(":");
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}
