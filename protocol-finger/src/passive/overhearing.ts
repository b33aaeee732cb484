import type { TcpFeatures } from "../probes/probe.ts";
import { tcpFacts } from "../tcp-evidence.ts";
import { WireError } from "../wire/wire-error.ts";
import { createBoundedMap } from "./bounded-map.ts";
import type { CapturedPacket } from "./captured.ts";
import type { Ear } from "./ears/ear.ts";
import { createFlowTable, type Direction, type Flow, type FlowCounts } from "./flows.ts";
import { createHandshakes } from "./handshakes.ts";
import { createHearing, type Hearing, type HearingCounts } from "./hearing.ts";
import { noteDcp, noteNeighbours, noteSegment } from "./host-notes.ts";
import { createHostRecord, type HostRecord } from "./host-record.ts";
import { createListeningVisit } from "./listening-visit.ts";
import { decodePacket, type Packet } from "./packets.ts";

export interface OverhearCounts extends FlowCounts, HearingCounts {
  packets: number;
  /** Packets that are cut short or damaged below the protocols. */
  damaged: number;
  /** Hosts and UDP conversations that were not kept because there were too many. */
  dropped: number;
}

/** Hears what others say and keeps what it tells of each host. It sends nothing. */
export interface Overhearing {
  take(packet: CapturedPacket): void;
  /** What waits for missing segments is heard now. */
  end(): void;
  /** Hosts that something is known of, in the order in which they were first heard. */
  hosts(): readonly HostRecord[];
  readonly counts: Readonly<OverhearCounts>;
}

const MOST_HOSTS = 16_384;
const MOST_TALKS = 4096;

type TcpPacket = Extract<Packet, { readonly kind: "tcp" }>;
type UdpPacket = Extract<Packet, { readonly kind: "udp" }>;

export function createOverhearing(ears: readonly Ear[], mostHosts: number = MOST_HOSTS): Overhearing {
  const counts = { packets: 0, damaged: 0, dropped: 0, frames: 0, malformed: 0 };
  const drop = () => {
    counts.dropped += 1;
  };
  const hosts = new Map<string, HostRecord>();
  const tcpEars = earsByPort(ears, "tcp");
  const udpEars = earsByPort(ears, "udp");
  const hearings = new Map<Flow, Hearing | "deaf">();
  const talks = createBoundedMap<string, Hearing>(MOST_TALKS, drop);
  const handshakes = createHandshakes();

  function recordOf(host: string): HostRecord | undefined {
    const known = hosts.get(host);
    if (known !== undefined) return known;
    if (hosts.size >= mostHosts) {
      drop();
      return undefined;
    }
    const made = createHostRecord(host);
    hosts.set(host, made);
    return made;
  }

  function hearingOf(ear: Ear, host: string, port: number): Hearing {
    const record = recordOf(host);
    const visit = createListeningVisit(host, port, record?.facts ?? new Map(), (fact) => {
      record?.note(fact);
      if (fact.key === `${ear.protocol}.speaks`) record?.port(ear.protocol, port, "speaks");
    });
    return createHearing(ear, visit, counts);
  }

  /** By port; and on any other port by its first bytes, where those leave no doubt. */
  function earOf({ server }: Flow, direction: Direction, bytes: Buffer): Hearing | "deaf" {
    const known = tcpEars.get(server.port);
    if (known !== undefined) return hearingOf(known, server.host, server.port);
    const ear = ears.find((one) => one.transport === "tcp" && one.recognises?.(bytes, direction));
    if (ear === undefined) return "deaf";
    const handshake = handshakes.of(server.host, server.port);
    if (handshake !== undefined) noteHandshake(server.host, handshake);
    return hearingOf(ear, server.host, server.port);
  }

  const flows = createFlowTable(
    { isServerPort: (port) => tcpEars.has(port) },
    {
      onBytes(flow, direction, bytes, isAfterGap) {
        const hearing = hearings.get(flow) ?? earOf(flow, direction, bytes);
        hearings.set(flow, hearing);
        if (hearing !== "deaf") hearing.hear(direction, bytes, isAfterGap);
      },
      onEnd: (flow) => void hearings.delete(flow),
    },
  );

  function noteHandshake(host: string, tcp: TcpFeatures): void {
    const record = recordOf(host);
    for (const fact of tcpFacts(tcp, "syn-ack")) {
      // 0: its SYN was not captured.
      if (fact.key !== "tcp.connectMs" || tcp.connectMs > 0) record?.note({ ...fact, probe: "traffic" });
    }
  }

  function takeTcp(packet: TcpPacket): void {
    const { ip, tcp } = packet;
    const answered = handshakes.take(packet);
    const ear = tcpEars.get(tcp.sourcePort);
    if (ear !== undefined && answered !== undefined) {
      recordOf(ip.source)?.port(ear.protocol, tcp.sourcePort, answered.kind);
      if (answered.kind === "open") noteHandshake(ip.source, answered.tcp);
    } else if (ear !== undefined && tcp.payload.length > 0) {
      noteSegment(recordOf(ip.source), packet);
    }
    flows.push(packet);
  }

  function takeUdp({ ip, udp }: UdpPacket): void {
    if (udp.payload.length === 0) return;
    const talk = (ear: Ear | undefined, key: string, host: string, port: number) => {
      const hearing = talks.get(key) ?? (ear && hearingOf(ear, host, port));
      if (hearing !== undefined) talks.set(key, hearing);
      return hearing;
    };
    // Either end may be the server, for BACnet devices use the same port on both sides; and an answer may come from
    // another port than the one asked (HART-IP).
    const { sourcePort, targetPort, payload } = udp;
    const asked = udpEars.get(targetPort);
    if (asked !== undefined) {
      talk(asked, `${ip.target} ${ip.source} ${sourcePort}`, ip.target, targetPort)?.hear(
        "to-server",
        payload,
        false,
      );
    }
    const answering = talk(
      udpEars.get(sourcePort),
      `${ip.source} ${ip.target} ${targetPort}`,
      ip.source,
      sourcePort,
    );
    answering?.hear("to-client", payload, false);
  }

  function take(packet: Packet): void {
    if (packet.kind === "arp") {
      recordOf(packet.host)?.heard(packet.timeUs, packet.mac);
      return;
    }
    if (packet.kind === "dcp") {
      // A device without an address yet is known by its MAC.
      const host = packet.identity.host ?? packet.sourceMac;
      noteDcp(host === undefined ? undefined : recordOf(host), packet);
      return;
    }
    if (packet.kind === "tcp") takeTcp(packet);
    else takeUdp(packet);
    hosts.get(packet.ip.source)?.heard(packet.timeUs, packet.sourceMac, packet.ip.ttl);
  }

  return {
    get counts() {
      return { ...counts, ...flows.counts };
    },
    take(captured) {
      counts.packets += 1;
      try {
        const packet = decodePacket(captured);
        if (packet !== undefined) take(packet);
      } catch (thrown) {
        if (!(thrown instanceof WireError)) throw thrown;
        counts.damaged += 1;
      }
    },
    end: () => flows.end(),
    hosts() {
      noteNeighbours(hosts);
      return [...hosts.values()];
    },
  };
}

function earsByPort(ears: readonly Ear[], transport: Ear["transport"]): ReadonlyMap<number, Ear> {
  return new Map(
    ears
      .filter((ear) => ear.transport === transport)
      .flatMap((ear) => ear.ports.map((port) => [port, ear] as const)),
  );
}
