import { createCursor } from "../wire/cursor.ts";
import type { CapturedPacket } from "./captured.ts";
import { decodeIpv4, decodeIpv6, IP_PROTOCOL, type IpPacket, ipv4Text } from "./ip.ts";
import { decodeLink, ETHER_TYPE, macText } from "./link.ts";
import { type DcpIdentity, decodeDcp } from "./profinet-dcp.ts";
import { decodeTcp, decodeUdp, type TcpHeader, type UdpHeader } from "./transport.ts";

interface OnLink {
  readonly timeUs: number;
  /** Of who sent it on this link: the device itself, or the router before it. */
  readonly sourceMac?: string;
}

/** What one packet says, as far as it matters here. */
export type Packet =
  | (OnLink & { readonly kind: "tcp"; readonly ip: IpPacket; readonly tcp: TcpHeader })
  | (OnLink & { readonly kind: "udp"; readonly ip: IpPacket; readonly udp: UdpHeader })
  /** An address that a device claims for itself. */
  | (OnLink & { readonly kind: "arp"; readonly host: string; readonly mac: string })
  | (OnLink & { readonly kind: "dcp"; readonly identity: DcpIdentity; readonly bytes: Buffer });

// RFC 826: hardware Ethernet, protocol IPv4, six and four bytes of address.
const ARP_ETHERNET_IPV4 = 0x0001_0800;
const ARP_LENGTHS = 0x0604;

/** @returns undefined for what is none of these
 *  @throws WireError where it is cut short or damaged */
export function decodePacket({ timeUs, linkType, bytes }: CapturedPacket): Packet | undefined {
  const link = decodeLink(linkType, bytes);
  if (link === undefined) return undefined;
  const base: OnLink = { timeUs, ...(link.sourceMac !== undefined && { sourceMac: link.sourceMac }) };
  switch (link.etherType) {
    case ETHER_TYPE.ipv4:
      return transported(base, decodeIpv4(link.bytes));
    case ETHER_TYPE.ipv6:
      return transported(base, decodeIpv6(link.bytes));
    case ETHER_TYPE.arp:
      return arp(base, link.bytes);
    case ETHER_TYPE.profinet: {
      const identity = decodeDcp(link.bytes);
      return identity && { ...base, kind: "dcp", identity, bytes: link.bytes };
    }
    default:
      return undefined;
  }
}

function transported(base: OnLink, ip: IpPacket | undefined): Packet | undefined {
  if (ip?.protocol === IP_PROTOCOL.tcp) return { ...base, kind: "tcp", ip, tcp: decodeTcp(ip.bytes) };
  if (ip?.protocol === IP_PROTOCOL.udp) return { ...base, kind: "udp", ip, udp: decodeUdp(ip.bytes) };
  return undefined;
}

function arp(base: OnLink, bytes: Buffer): Packet | undefined {
  const cursor = createCursor(bytes);
  if (cursor.u32("the kinds of address") !== ARP_ETHERNET_IPV4) return undefined;
  if (cursor.u16("the lengths of address") !== ARP_LENGTHS) return undefined;
  cursor.skip(2, "the operation");
  const mac = macText(cursor.bytes(6, "the sender's address"));
  const host = ipv4Text(cursor.bytes(4, "the sender's IP address"));
  // RFC 5227: a probe has no address of its own yet.
  return host === "0.0.0.0" ? undefined : { ...base, kind: "arp", host, mac };
}
