import type { Fact, FactValue, ProtocolId, ProtocolSeen } from "../fingerprint.ts";
import { createPortManners, type PortManners } from "./port-manners.ts";

/** State of a port, as far as a connection to it tells. */
export type PortState = Exclude<ProtocolSeen["state"], "speaks"> | "unreachable";

/** All that a visit has seen. */
export interface VisitRecord {
  /** The newest of each key. */
  readonly facts: ReadonlyMap<string, Fact>;
  readonly states: ReadonlyMap<ProtocolId, PortState>;
  note(fact: Fact): void;
  /** What a connection attempt came to. */
  connected(protocol: ProtocolId, port: number, state: PortState, observed: string): void;
  mannersOf(protocol: ProtocolId, port: number): PortManners;
  /** Notes how the ports behaved, each one and all together. */
  concludeManners(): void;
}

export function createVisitRecord(): VisitRecord {
  const facts = new Map<string, Fact>();
  const states = new Map<ProtocolId, PortState>();
  const manners = new Map<ProtocolId, PortManners>();
  const note = (fact: Fact) => void facts.set(fact.key, fact);

  function mannersOf(protocol: ProtocolId, port: number): PortManners {
    const known = manners.get(protocol) ?? createPortManners(protocol, port);
    manners.set(protocol, known);
    return known;
  }

  return {
    facts,
    states,
    note,
    mannersOf,
    connected(protocol, port, state, observed) {
      // A later refusal, of one connection too many, does not close what was open.
      if (states.get(protocol) === "open") return;
      states.set(protocol, state);
      note(tcpFact(`tcp.${protocol}.state`, state, `port ${port}: ${observed}`));
    },
    concludeManners() {
      for (const one of manners.values()) one.facts().forEach(note);
      const open = [...states].filter(([, state]) => state === "open");
      if (open.length === 0) return;
      const mute = open.filter(([protocol]) =>
        /^(mute|dribbles|floods)$/.test(String(facts.get(`tcp.${protocol}.behaviour`)?.value)),
      );
      note(tcpFact("tcp.openPorts", open.length, `${open.length} of the ports that were tried are open`));
      note(tcpFact("tcp.mutePorts", mute.length, `${mute.length} open ports never gave a whole answer`));
    },
  };
}

export function tcpFact(key: string, value: FactValue, observed: string, bytes?: Buffer): Fact {
  return { probe: "tcp", key, value, observed, bytes: bytes?.toString("hex") ?? "" };
}
