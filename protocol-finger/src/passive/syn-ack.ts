import type { TcpFeatures } from "../probes/probe.ts";
import type { Packet } from "./packets.ts";

type TcpPacket = Extract<Packet, { readonly kind: "tcp" }>;

export const isSynAck = ({ tcp }: TcpPacket): boolean => tcp.isSyn && tcp.isAck;

/** What an answer to a SYN tells of the stack that sent it.
 *  @param connectMs between the SYN and this answer */
export function synAckFeatures({ ip, tcp }: TcpPacket, connectMs: number): TcpFeatures {
  const { mss, windowScale, hasSack, hasTimestamps, order } = tcp.options;
  return {
    connectMs,
    window: tcp.window,
    ttl: ip.ttl,
    dontFragment: ip.dontFragment,
    options: order,
    hasSack,
    hasTimestamps,
    ...(mss !== undefined && { mss }),
    ...(windowScale !== undefined && { windowScale }),
  };
}
