import { createCursor } from "../wire/cursor.ts";

/** What a link-layer frame carries. */
export interface LinkPayload {
  /** "00:1b:1b:23:eb:3b"; absent on links without such addresses. */
  readonly sourceMac?: string;
  readonly etherType: number;
  readonly bytes: Buffer;
}

export const ETHER_TYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd, profinet: 0x8892 } as const;

// LINKTYPE_ numbers (tcpdump.org/linktypes.html).
const NULL_LOOPBACK = 0;
const ETHERNET = 1;
const RAW_IP = 101;
const OPENBSD_LOOPBACK = 108;
const LINUX_SLL = 113;
const RAW_IPV4 = 228;
const RAW_IPV6 = 229;
const LINUX_SLL2 = 276;

// IEEE 802.1Q, 802.1ad, and what older switches used for the outer tag.
const VLAN_TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100];
/** Tags in a row that are looked through: provider, customer, priority. */
const MOST_TAGS = 3;
const SLL_ETHERNET = 1;

/** @returns undefined for link types that carry nothing this package looks at
 *  @throws WireError where the frame is cut short */
export function decodeLink(linkType: number, frame: Buffer): LinkPayload | undefined {
  switch (linkType) {
    case ETHERNET:
      return ethernet(frame);
    case LINUX_SLL:
      return cooked(frame);
    case LINUX_SLL2:
      return cooked2(frame);
    case NULL_LOOPBACK:
    case OPENBSD_LOOPBACK:
      return bareIp(createCursor(frame, 4).rest());
    case RAW_IP:
    case RAW_IPV4:
    case RAW_IPV6:
      return bareIp(frame);
    default:
      return undefined;
  }
}

function ethernet(frame: Buffer): LinkPayload {
  const cursor = createCursor(frame);
  cursor.skip(6, "the destination address");
  const sourceMac = macText(cursor.bytes(6, "the source address"));
  let etherType = cursor.u16("the type");
  for (let tags = 0; VLAN_TAGS.includes(etherType) && tags < MOST_TAGS; tags += 1) {
    cursor.skip(2, "the VLAN");
    etherType = cursor.u16("the type behind the VLAN");
  }
  return { sourceMac, etherType, bytes: cursor.rest() };
}

/** LINKTYPE_LINUX_SLL: what `tcpdump -i any` writes. */
function cooked(frame: Buffer): LinkPayload {
  const cursor = createCursor(frame, 2);
  const kind = cursor.u16("the kind of address");
  const length = cursor.u16("the length of the address");
  const address = cursor.bytes(8, "the source address");
  const etherType = cursor.u16("the type");
  return { ...macOf(kind, length, address), etherType, bytes: cursor.rest() };
}

function cooked2(frame: Buffer): LinkPayload {
  const cursor = createCursor(frame);
  const etherType = cursor.u16("the type");
  cursor.skip(6, "the interface");
  const kind = cursor.u16("the kind of address");
  cursor.skip(1, "the direction");
  const length = cursor.u8("the length of the address");
  const address = cursor.bytes(8, "the source address");
  return { ...macOf(kind, length, address), etherType, bytes: cursor.rest() };
}

function bareIp(bytes: Buffer): LinkPayload {
  const version = createCursor(bytes).u8("the IP version") >> 4;
  return { etherType: version === 6 ? ETHER_TYPE.ipv6 : ETHER_TYPE.ipv4, bytes };
}

function macOf(kind: number, length: number, address: Buffer): { readonly sourceMac?: string } {
  return kind === SLL_ETHERNET && length === 6 ? { sourceMac: macText(address.subarray(0, 6)) } : {};
}

export const macText = (bytes: Buffer): string => bytes.toString("hex").replace(/(..)(?!$)/g, "$1:");
