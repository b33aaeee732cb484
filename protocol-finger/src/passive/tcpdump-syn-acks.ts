import type { TcpFeatures } from "../probes/probe.ts";
import type { SynAckSource } from "../syn-ack-source.ts";
import { WireError } from "../wire/wire-error.ts";
import { readCapture } from "./capture-reader.ts";
import type { CapturedPacket } from "./captured.ts";
import { decodePacket, type Packet } from "./packets.ts";
import { isSynAck, synAckFeatures } from "./syn-ack.ts";
import { listenWithTcpdump } from "./tcpdump.ts";

export interface TcpdumpSynAcks extends SynAckSource {
  /** Ends tcpdump; who still waits gets undefined.
   *  @throws FingerError CAPTURE_UNREADABLE where tcpdump ended before this */
  close(): Promise<void>;
}

// SYNs too: the time between tells how long the device took. The second half is IPv6, where tcp[] does not reach.
const FILTER = "tcp[tcpflags] & tcp-syn != 0 or (ip6 and ip6[6] == 6 and ip6[53] & 2 != 0)";
// Link, IP and TCP headers with all their options.
const SNAP_BYTES = 160;
/** SYNs whose answers are awaited. */
const MOST_PENDING = 1024;

type TcpPacket = Extract<Packet, { readonly kind: "tcp" }>;

/** The answers to SYNs in full, seen by one tcpdump for all connections.
 *  @returns once tcpdump listens
 *  @throws FingerError CAPTURE_UNREADABLE where it cannot */
export async function startTcpdumpSynAcks(options: {
  readonly interface?: string;
  readonly program?: string;
}): Promise<TcpdumpSynAcks> {
  const stop = new AbortController();
  const waiting = new Map<string, Set<(features: TcpFeatures) => void>>();
  const asked = new Map<string, number>();

  function take(captured: CapturedPacket): void {
    const packet = packetOf(captured);
    if (packet === undefined) return;
    if (!isSynAck(packet)) {
      if (asked.size >= MOST_PENDING) asked.delete([...asked.keys()][0] ?? "");
      asked.set(`${packet.ip.target} ${packet.tcp.targetPort} ${packet.tcp.sourcePort}`, packet.timeUs);
      return;
    }
    const { ip, tcp } = packet;
    const askedAtUs = asked.get(`${ip.source} ${tcp.sourcePort} ${tcp.targetPort}`);
    const features = synAckFeatures(packet, askedAtUs === undefined ? 0 : (packet.timeUs - askedAtUs) / 1000);
    for (const resolve of waiting.get(`${ip.source} ${tcp.sourcePort}`) ?? []) resolve(features);
  }

  const bytes = listenWithTcpdump(
    {
      interface: options.interface ?? "any",
      filter: FILTER,
      snapLength: SNAP_BYTES,
      ...(options.program !== undefined && { program: options.program }),
    },
    stop.signal,
  );
  // The header of the capture comes as soon as tcpdump listens.
  const first = await bytes.next();
  let failure: unknown;
  const listening = (first.done === true ? Promise.resolve() : listen(first.value, bytes, take)).then(
    undefined,
    (thrown: unknown) => {
      // Nobody needs to wait for what will not come.
      failure = thrown;
      stop.abort();
    },
  );

  return {
    observe: (host, port, signal) =>
      awaitAnswer(waiting, `${host} ${port}`, AbortSignal.any([signal, stop.signal])),
    async close() {
      stop.abort();
      await listening;
      if (failure !== undefined) throw failure;
    },
  };
}

async function listen(
  first: Buffer,
  rest: AsyncIterable<Buffer>,
  take: (packet: CapturedPacket) => void,
): Promise<void> {
  async function* all() {
    yield first;
    yield* rest;
  }
  await readCapture(all(), take);
}

function packetOf(captured: CapturedPacket): TcpPacket | undefined {
  try {
    const packet = decodePacket(captured);
    return packet?.kind === "tcp" ? packet : undefined;
  } catch (thrown) {
    // Cut short or damaged: it answers nobody.
    if (thrown instanceof WireError) return undefined;
    throw thrown;
  }
}

function awaitAnswer(
  waiting: Map<string, Set<(features: TcpFeatures) => void>>,
  key: string,
  signal: AbortSignal,
): Promise<TcpFeatures | undefined> {
  return new Promise((resolve) => {
    const waiters = waiting.get(key) ?? new Set();
    waiting.set(key, waiters);
    const finish = (features?: TcpFeatures) => {
      waiters.delete(finish);
      if (waiters.size === 0) waiting.delete(key);
      signal.removeEventListener("abort", onAbort);
      resolve(features);
    };
    const onAbort = () => finish();
    if (signal.aborted) finish();
    else {
      waiters.add(finish);
      signal.addEventListener("abort", onAbort, { once: true });
    }
  });
}
