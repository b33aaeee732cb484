import type { Fact, ProtocolId, ProtocolSeen } from "../fingerprint.ts";

type State = ProtocolSeen["state"];

/** What was overheard of one host. */
export interface HostRecord {
  readonly host: string;
  /** The newest of each key, in the order in which the keys came. */
  readonly facts: ReadonlyMap<string, Fact>;
  readonly protocols: ReadonlyMap<ProtocolId, { readonly port: number; readonly state: State }>;
  readonly macs: ReadonlySet<string>;
  /** Microseconds since 1970, of the newest packet. */
  readonly lastUs: number;
  /** Hops that its newest packet had left. */
  readonly ttl: number | undefined;
  heard(timeUs: number, mac: string | undefined, ttl?: number): void;
  note(fact: Fact): void;
  port(protocol: ProtocolId, port: number, state: State): void;
}

// A state that proves more is not given up for one that proves less.
const RANK: readonly State[] = ["filtered", "closed", "open", "speaks"];
// No device has so many keys; a damaged or hostile capture must not fill the memory.
const MOST_FACTS = 256;
const MOST_MACS = 8;
/** Of loopback. */
const NO_MAC = "00:00:00:00:00:00";
/** The end of the year 9999: later times are damage. */
const LAST_US = Date.UTC(9999, 11, 31) * 1000;

export function createHostRecord(host: string): HostRecord {
  const facts = new Map<string, Fact>();
  const protocols = new Map<ProtocolId, { port: number; state: State }>();
  const macs = new Set<string>();
  let lastUs = 0;
  let lastTtl: number | undefined;
  return {
    host,
    facts,
    protocols,
    macs,
    get lastUs() {
      return lastUs;
    },
    get ttl() {
      return lastTtl;
    },
    heard(timeUs, mac, ttl) {
      if (timeUs <= LAST_US) lastUs = Math.max(lastUs, timeUs);
      lastTtl = ttl ?? lastTtl;
      if (mac !== undefined && mac !== NO_MAC && macs.size < MOST_MACS) macs.add(mac);
    },
    note(fact) {
      if (facts.has(fact.key) || facts.size < MOST_FACTS) facts.set(fact.key, fact);
    },
    port(protocol, port, state) {
      const known = protocols.get(protocol);
      if (known === undefined || RANK.indexOf(state) > RANK.indexOf(known.state)) {
        protocols.set(protocol, { port, state });
      }
    },
  };
}
