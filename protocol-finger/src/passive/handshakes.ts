import type { TcpFeatures } from "../probes/probe.ts";
import { createBoundedMap } from "./bounded-map.ts";
import type { Packet } from "./packets.ts";
import { synAckFeatures } from "./syn-ack.ts";

type TcpPacket = Extract<Packet, { readonly kind: "tcp" }>;

/** What became of the connections that were asked for. */
export interface Handshakes {
  /** @returns what the packet means for its sender's port: `open` with the features of its stack, `closed` where a SYN
   *    was answered with a reset; undefined where it answers no SYN */
  take(
    packet: TcpPacket,
  ): { readonly kind: "open"; readonly tcp: TcpFeatures } | { readonly kind: "closed" } | undefined;
  /** Features of a port that was open, as long as they are remembered. */
  of(host: string, port: number): TcpFeatures | undefined;
}

const MOST_REMEMBERED = 4096;

export function createHandshakes(): Handshakes {
  const askedAtUs = createBoundedMap<string, number>(MOST_REMEMBERED);
  const open = createBoundedMap<string, TcpFeatures>(MOST_REMEMBERED);
  return {
    take(packet) {
      const { ip, tcp, timeUs } = packet;
      if (tcp.isSyn && !tcp.isAck) {
        askedAtUs.set(`${ip.target} ${tcp.targetPort} ${ip.source} ${tcp.sourcePort}`, timeUs);
        return undefined;
      }
      const port = `${ip.source} ${tcp.sourcePort}`;
      const key = `${port} ${ip.target} ${tcp.targetPort}`;
      const asked = askedAtUs.get(key);
      askedAtUs.delete(key);
      // Answered already, or answering nothing that was heard.
      if (asked === undefined && (!tcp.isSyn || open.get(port) !== undefined)) return undefined;
      if (tcp.isSyn) {
        const features = synAckFeatures(packet, asked === undefined ? 0 : (timeUs - asked) / 1000);
        open.set(port, features);
        return { kind: "open", tcp: features };
      }
      return tcp.isReset ? { kind: "closed" } : undefined;
    },
    of: (host, port) => open.get(`${host} ${port}`),
  };
}
