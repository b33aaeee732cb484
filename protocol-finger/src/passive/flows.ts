import type { Packet } from "./packets.ts";
import { createStream, type Stream, type StreamCounts, type StreamLimits } from "./stream.ts";

type TcpPacket = Extract<Packet, { readonly kind: "tcp" }>;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export type Direction = "to-server" | "to-client";

/** One TCP connection as it was overheard. */
export interface Flow {
  readonly server: Endpoint;
  readonly client: Endpoint;
}

export interface FlowListener {
  /** Bytes of one direction in order; valid until this returns. */
  onBytes(flow: Flow, direction: Direction, bytes: Buffer, isAfterGap: boolean): void;
  onEnd(flow: Flow): void;
}

export interface FlowCounts extends StreamCounts {
  /** Connections forgotten because too many were open at once. */
  forgotten: number;
}

export interface FlowTable {
  push(packet: TcpPacket): void;
  /** Hands on what waits for segments that will not come any more. */
  end(): void;
  readonly counts: Readonly<FlowCounts>;
}

interface Track {
  readonly flow: Flow;
  readonly streams: Readonly<Record<Direction, Stream>>;
  finished: number;
}

export interface FlowOptions {
  /** Tells the server of a connection whose beginning was not captured. */
  isServerPort(port: number): boolean;
  readonly mostFlows?: number;
  readonly limits?: StreamLimits;
}

const MOST_FLOWS = 4096;
// One bulk window of an ordinary computer; controllers send far less ahead.
const LIMITS: StreamLimits = { mostWaiting: 64, mostWaitingBytes: 128 * 1024 };

export function createFlowTable(options: FlowOptions, listener: FlowListener): FlowTable {
  const mostFlows = options.mostFlows ?? MOST_FLOWS;
  const counts: FlowCounts = { gaps: 0, repeatedBytes: 0, forgotten: 0 };
  // Oldest use first: a Map keeps the order of insertion.
  const tracks = new Map<string, Track>();

  function start(flow: Flow): Track {
    const stream = (direction: Direction) =>
      createStream(options.limits ?? LIMITS, counts, (bytes, isAfterGap) =>
        listener.onBytes(flow, direction, bytes, isAfterGap),
      );
    return {
      flow,
      streams: { "to-server": stream("to-server"), "to-client": stream("to-client") },
      finished: 0,
    };
  }

  function close(key: string, track: Track): void {
    tracks.delete(key);
    track.streams["to-server"].end();
    track.streams["to-client"].end();
    listener.onEnd(track.flow);
  }

  function trackOf(key: string, packet: TcpPacket): Track {
    const known = tracks.get(key);
    const isNew = known === undefined || (packet.tcp.isSyn && !packet.tcp.isAck);
    if (!isNew) {
      tracks.delete(key);
      tracks.set(key, known);
      return known;
    }
    if (known !== undefined) close(key, known);
    const track = start(flowOf(packet, options));
    tracks.set(key, track);
    const [oldest] = tracks;
    if (tracks.size > mostFlows && oldest !== undefined) {
      counts.forgotten += 1;
      close(...oldest);
    }
    return track;
  }

  return {
    counts,
    push(packet) {
      const { tcp } = packet;
      const key = keyOf(packet);
      const track = trackOf(key, packet);
      const isToServer =
        packet.ip.source === track.flow.client.host && tcp.sourcePort === track.flow.client.port;
      const direction: Direction = isToServer ? "to-server" : "to-client";
      const other = track.streams[isToServer ? "to-client" : "to-server"];
      if (tcp.isAck) other.acknowledged(tcp.acknowledged);
      track.streams[direction].push(tcp.sequence, tcp.payload, tcp.isSyn);
      if (tcp.isFin) track.finished += 1;
      if (tcp.isReset || track.finished >= 2) close(key, track);
    },
    end() {
      for (const [key, track] of [...tracks]) close(key, track);
    },
  };
}

function flowOf({ ip, tcp }: TcpPacket, { isServerPort }: FlowOptions): Flow {
  const source = { host: ip.source, port: tcp.sourcePort };
  const target = { host: ip.target, port: tcp.targetPort };
  return isFromServer(tcp, isServerPort)
    ? { server: source, client: target }
    : { server: target, client: source };
}

function isFromServer(tcp: TcpPacket["tcp"], isServerPort: (port: number) => boolean): boolean {
  if (tcp.isSyn) return tcp.isAck;
  const isSource = isServerPort(tcp.sourcePort);
  if (isSource !== isServerPort(tcp.targetPort)) return isSource;
  return tcp.sourcePort < tcp.targetPort;
}

/** The same for both directions. */
function keyOf({ ip, tcp }: TcpPacket): string {
  const ends = [`${ip.source}|${tcp.sourcePort}`, `${ip.target}|${tcp.targetPort}`];
  return ends.sort().join("|");
}
