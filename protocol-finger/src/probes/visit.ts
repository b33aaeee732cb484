import { type AdmitDeps, admit, resolveName } from "../admit.ts";
import { type Budget, DEFAULT_BUDGET } from "../budget.ts";
import type { Fact, ProtocolId, Spent } from "../fingerprint.ts";
import { createLedger } from "../ledger.ts";
import { readSocketInfo, type SocketInfoReader } from "../socket-info.ts";
import type { SynAckSource } from "../syn-ack-source.ts";
import type { Target } from "../target.ts";
import type { ByteEntry } from "./byte-entry.ts";
import { createDialler } from "./dial.ts";
import type { ConnectResult, Probe, Visit } from "./probe.ts";
import { createVisitRecord, type PortState, tcpFact } from "./visit-record.ts";

export interface VisitDeps extends Omit<AdmitDeps, "resolve"> {
  readonly probes: Readonly<Record<ProtocolId, Probe>>;
  readonly resolve?: AdmitDeps["resolve"];
  readonly budget?: Partial<Budget>;
  readonly onBytes?: (entry: ByteEntry) => void;
  readonly synAck?: SynAckSource;
  readonly socketInfo?: SocketInfoReader;
}

/** What a probe may spend of what is left. */
export interface Share {
  readonly connections: number;
  readonly frames: number;
}

/** A visit as its owner sees it: probes get what `lend` gives. */
export interface OpenVisit extends Visit {
  /** What the host stood for when it was admitted. */
  readonly address: string;
  /** The newest of each key. */
  readonly facts: readonly Fact[];
  readonly states: ReadonlyMap<ProtocolId, PortState>;
  readonly spent: Spent;
  /** What the device did that ended the visit early. */
  readonly distress: string | undefined;
  /** The same visit for a probe that may spend so much and no more. */
  lend(share: Share): Visit;
  /** Closes what a probe left open and notes how the ports have behaved so far. */
  leave(): Promise<void>;
}

/** Opens a visit to a device; nothing is sent yet.
 *  @throws FingerError TARGET_NOT_ALLOWED, PLC_UNREACHABLE where a name has no address; the signal's reason */
export async function createVisit(target: Target, deps: VisitDeps, signal: AbortSignal): Promise<OpenVisit> {
  const { clock, probes } = deps;
  const address = await admit(target.host, { resolve: resolveName, ...deps }, signal);
  const budget: Budget = { ...DEFAULT_BUDGET, ...deps.budget };
  const ledger = createLedger(budget, clock);
  const record = createVisitRecord();
  const startMs = clock.monotonicMs();
  const dialler = createDialler({ socketInfo: readSocketInfo, ...deps, address, budget, ledger, record });
  const portOf = (protocol: ProtocolId) => target.ports?.[protocol] ?? probes[protocol].defaultPort;

  const visit: Visit = {
    host: target.host,
    portOf,
    fact: (key) => record.facts.get(key)?.value,
    note: record.note,
    connect: (protocol, stop) => dialler.connect(probes[protocol], portOf(protocol), stop),
    datagram: (protocol, stop) => dialler.datagram(probes[protocol], portOf(protocol), stop),
    thorough: target.inventory === true,
    get left() {
      return { connections: ledger.connectionsLeft, frames: ledger.framesLeft };
    },
  };
  return {
    ...visit,
    get left() {
      return visit.left;
    },
    address,
    states: record.states,
    get facts() {
      return [...record.facts.values()];
    },
    get spent() {
      const ms = Math.round(clock.monotonicMs() - startMs);
      return { connections: ledger.connections, frames: ledger.frames, ms };
    },
    get distress() {
      return ledger.distress;
    },
    lend: (share) => lend(visit, share),
    async leave() {
      await dialler.hangUp();
      record.concludeManners();
      const { distress } = ledger;
      if (distress !== undefined) record.note(tcpFact("tcp.distress", true, distress));
    },
  };
}

function lend(visit: Visit, share: Share): Visit {
  let connections = 0;
  let frames = 0;

  function counted(result: ConnectResult): ConnectResult {
    if (result.kind !== "open") return result;
    const { line } = result;
    return {
      ...result,
      line: {
        ...line,
        async ask(frame, length, signal) {
          if (frames >= share.frames) return kept;
          frames += 1;
          return await line.ask(frame, length, signal);
        },
      },
    };
  }

  return {
    ...visit,
    get left() {
      const { left } = visit;
      return {
        connections: Math.min(left.connections, share.connections - connections),
        frames: Math.min(left.frames, share.frames - frames),
      };
    },
    async connect(protocol, signal) {
      if (connections >= share.connections) return kept;
      connections += 1;
      return counted(await visit.connect(protocol, signal));
    },
    datagram: async (protocol, signal) => counted(await visit.datagram(protocol, signal)),
  };
}

const kept = { kind: "forbidden", reason: "what is left is kept for other protocols" } as const;
