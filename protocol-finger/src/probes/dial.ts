import type { Budget } from "../budget.ts";
import type { Clock } from "../clock/clock.ts";
import type { Fact, ProtocolId } from "../fingerprint.ts";
import type { Ledger } from "../ledger.ts";
import { mixedStackFacts, tcpFacts } from "../tcp-evidence.ts";
import type { ByteEntry } from "./byte-entry.ts";
import { type Handshake, type HandshakeDeps, watchHandshake } from "./handshake.ts";
import { type Channel, createLine } from "./line.ts";
import { createFrameCheck } from "./line-rules.ts";
import { connectTcp, type TcpConnected, tcpChannel } from "./line-tcp.ts";
import { openUdp, udpChannel } from "./line-udp.ts";
import type { ConnectResult, Probe, ProbeLine, TcpFeatures } from "./probe.ts";
import { tcpFact, type VisitRecord } from "./visit-record.ts";

export interface DialDeps extends HandshakeDeps {
  readonly address: string;
  readonly clock: Clock;
  readonly budget: Budget;
  readonly ledger: Ledger;
  readonly record: VisitRecord;
  readonly onBytes?: (entry: ByteEntry) => void;
}

/** Makes the connections of a visit, one at a time. */
export interface Dialler {
  connect(probe: Probe, port: number, signal: AbortSignal): Promise<ConnectResult>;
  datagram(probe: Probe, port: number, signal: AbortSignal): Promise<ConnectResult>;
  /** Closes what is open. */
  hangUp(): Promise<void>;
}

export function createDialler(deps: DialDeps): Dialler {
  const { address, budget, ledger, record } = deps;
  const handshakes = new Map<number, Handshake>();
  let open: ProbeLine | undefined;

  async function hangUp(): Promise<void> {
    const line = open;
    open = undefined;
    await line?.close();
  }

  const earlierFeatures = () => [...handshakes].map(([port, { tcp }]) => ({ port, tcp }));

  async function featuresOf(
    port: number,
    shake: () => Promise<Handshake>,
    connectMs: number,
  ): Promise<TcpFeatures> {
    const known = handshakes.get(port);
    if (known !== undefined) return { ...known.tcp, connectMs };
    const handshake = await shake();
    if (handshakes.size === 0) tcpFacts(handshake.tcp, handshake.view).forEach(record.note);
    else mixedStackFacts(port, handshake.tcp, earlierFeatures()).forEach(record.note);
    handshakes.set(port, handshake);
    return handshake.tcp;
  }

  return {
    hangUp,
    async connect(probe, port, signal) {
      await hangUp();
      const bar = ledger.connectionBar(port);
      if (bar !== undefined) return { kind: "forbidden", reason: bar };
      await ledger.turn("tcp", signal);
      const watch = watchHandshake(address, port, deps);
      try {
        const timing = { clock: deps.clock, timeoutMs: budget.connectTimeoutMs };
        const connected = await connectTcp(address, port, timing, signal);
        record.connected(probe.protocol, port, connected.kind, wordsOf(connected));
        if (connected.kind === "closed" && !connected.wasAccepted) ledger.refused();
        if (connected.kind !== "open") return connected;
        const { socket, connectMs } = connected;
        // Before anything else: bytes and errors may come from now on.
        record.mannersOf(probe.protocol, port).opened();
        const line = lineOver(tcpChannel(socket, deps.clock), "tcp", probe, port, deps);
        open = line;
        const tcp = await featuresOf(port, () => watch.features(socket, connectMs, signal), connectMs);
        return { kind: "open", line, tcp };
      } finally {
        watch.stop();
      }
    },
    async datagram(probe, port, signal) {
      await hangUp();
      const bar = ledger.frameBar(port);
      if (bar !== undefined) return { kind: "forbidden", reason: bar };
      await ledger.turn("udp", signal);
      const opened = await openUdp(address, port, signal);
      if (opened.kind !== "open") return opened;
      open = lineOver(udpChannel(opened.pair, address), "udp", probe, port, deps);
      return { kind: "open", line: open, tcp: { connectMs: 0 } };
    },
  };
}

function lineOver(
  channel: Channel,
  transport: "tcp" | "udp",
  probe: Probe,
  port: number,
  deps: DialDeps,
): ProbeLine {
  const { protocol } = probe;
  const { address, budget, ledger, clock, record, onBytes } = deps;
  const manners = record.mannersOf(protocol, port);
  const log = (entry: Pick<ByteEntry, "direction" | "bytes" | "rule">) =>
    onBytes?.({ atUs: clock.nowUs(), host: address, port, protocol, ...entry });
  return createLine(channel, {
    protocol,
    port,
    transport,
    budget,
    ledger,
    clock,
    check: createFrameCheck(probe.frames),
    events: {
      sent: (bytes, rule) => log({ direction: "sent", bytes, rule }),
      received(bytes) {
        manners.received(bytes);
        log({ direction: "received", bytes });
      },
      unasked: (bytes) => record.note(unaskedFact(protocol, port, bytes)),
      flooded: manners.flooded,
      answered: manners.answered,
      unanswered: manners.unanswered,
      ended(by) {
        manners.ended(by);
        if (transport === "udp") record.connected(protocol, port, "closed", "closed: ICMP says so");
      },
    },
  });
}

const SHOWN_BYTES = 64;

function unaskedFact(protocol: ProtocolId, port: number, bytes: Buffer): Fact {
  const observed = `port ${port} sent ${bytes.length} bytes before it was asked anything`;
  return tcpFact(`tcp.${protocol}.unasked`, bytes.length, observed, bytes.subarray(0, SHOWN_BYTES));
}

function wordsOf(connected: TcpConnected): string {
  switch (connected.kind) {
    case "open":
      return `open after ${connected.connectMs.toFixed(1)} ms`;
    case "closed":
      return `closed: TCP reset after ${connected.afterMs.toFixed(1)} ms`;
    case "filtered":
      return `no answer within ${Math.round(connected.afterMs)} ms`;
    case "unreachable":
      return connected.reason;
  }
}
