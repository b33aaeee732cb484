import {
  DRIVEN,
  type Fingerprint,
  PROTOCOL_IDS,
  type ProtocolId,
  type ProtocolSeen,
} from "../fingerprint.ts";
import { PROBES } from "../probes/registry.ts";
import { chooseProfiles } from "../profile.ts";
import type { SignatureSet } from "../signatures/signature.ts";
import { judge } from "../verdict.ts";
import type { HostRecord } from "./host-record.ts";

const DEFAULT_PORTS = Object.fromEntries(PROTOCOL_IDS.map((id) => [id, PROBES[id].defaultPort])) as Readonly<
  Record<ProtocolId, number>
>;

/** The verdict on a host that was only listened to: the same signatures as for one that was asked. */
export function overheardFingerprint(record: HostRecord, signatures: SignatureSet): Fingerprint {
  const facts = [...record.facts.values()];
  const protocols: ProtocolSeen[] = [...record.protocols].map(([id, { port, state }]) => ({
    id,
    port,
    state,
    hasDriver: DRIVEN.includes(id),
  }));
  const { labels, nature, confidence, evidence } = judge(facts, signatures);
  const ports = { ...DEFAULT_PORTS, ...Object.fromEntries(protocols.map(({ id, port }) => [id, port])) };
  const findings = { host: record.host, labels: { ...labels, nature }, facts, protocols, ports };
  const mac = record.facts.get("neighbour.mac")?.value;
  return {
    ...labels,
    host: record.host,
    ...(typeof mac === "string" && { mac }),
    nature,
    protocols,
    confidence,
    evidence,
    facts,
    ...chooseProfiles(findings),
    diagnoses: [],
    spent: { connections: 0, frames: 0, ms: 0 },
    at: new Date(record.lastUs / 1000).toISOString(),
  };
}
