import type { Fact } from "../fingerprint.ts";
import { neighbourFacts } from "../neighbour.ts";
import type { HostRecord } from "./host-record.ts";
import type { Packet } from "./packets.ts";

type TcpPacket = Extract<Packet, { readonly kind: "tcp" }>;
type DcpPacket = Extract<Packet, { readonly kind: "dcp" }>;

/** TTL and DF stand in every packet; where the handshake was not captured they are all there is of it. */
export function noteSegment(record: HostRecord | undefined, { ip }: TcpPacket): void {
  if (record === undefined || record.facts.has("tcp.ttl")) return;
  const fact = (key: string, value: Fact["value"], observed: string): void =>
    record.note({ probe: "traffic", key, value, observed, bytes: "" });
  fact("tcp.ttl", ip.ttl, `TTL ${ip.ttl} in data segments`);
  const flag = ip.dontFragment ? "set" : "not set";
  fact("tcp.df", ip.dontFragment, `"don't fragment" is ${flag} in data segments`);
}

// What stacks begin with: Siemens of 2008 to 2013 (30), VxWorks and old QNX (32, 60), Unix, Windows, Cisco.
const FIRST_TTLS: readonly number[] = [30, 32, 60, 64, 128, 255];

/** A MAC that stands before one host only is that host's own; before several, or after a hop, it is a router's. */
export function noteNeighbours(hosts: ReadonlyMap<string, HostRecord>): void {
  const owners = new Map<string, number>();
  for (const { macs } of hosts.values()) for (const mac of macs) owners.set(mac, (owners.get(mac) ?? 0) + 1);
  for (const record of hosts.values()) {
    const [mac, ...others] = record.macs;
    if (mac === undefined || others.length > 0 || owners.get(mac) !== 1) continue;
    if (record.ttl !== undefined && !FIRST_TTLS.includes(record.ttl)) continue;
    for (const fact of neighbourFacts(mac)) record.note({ ...fact, probe: "traffic" });
  }
}

const BYTES_SHOWN = 64;

/** What a PROFINET device has said of itself. */
export function noteDcp(
  record: HostRecord | undefined,
  { identity, bytes, sourceMac, timeUs }: DcpPacket,
): void {
  record?.heard(timeUs, sourceMac);
  const { host: _, ...said } = identity;
  for (const [name, value] of Object.entries(said)) {
    const observed = `${name} "${value}" (PROFINET DCP)`;
    const shown = bytes.subarray(0, BYTES_SHOWN).toString("hex");
    record?.note({ probe: "traffic", key: `dcp.${name}`, value, observed, bytes: shown });
  }
}
