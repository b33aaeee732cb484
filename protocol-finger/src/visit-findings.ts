import type { Findings } from "./findings.ts";
import { DRIVEN, type Labels, PROTOCOL_IDS, type ProtocolId, type ProtocolSeen } from "./fingerprint.ts";
import type { OpenVisit } from "./probes/visit.ts";

/** What a visit has found so far, under the labels that it has earned. */
export function findingsOf(visit: OpenVisit, labels: Labels): Findings {
  const ports = Object.fromEntries(PROTOCOL_IDS.map((id) => [id, visit.portOf(id)])) as Findings["ports"];
  return { host: visit.host, labels, facts: visit.facts, protocols: protocolsOf(visit), ports };
}

function protocolsOf(visit: OpenVisit): readonly ProtocolSeen[] {
  const speaking = visit.facts.filter(({ key, value }) => key.endsWith(".speaks") && value === true);
  const ids = new Set([...visit.states.keys(), ...speaking.map(({ probe }) => probe as ProtocolId)]);
  return [...ids].map((id) => ({
    id,
    port: visit.portOf(id),
    state: stateOf(visit, id),
    hasDriver: DRIVEN.includes(id),
  }));
}

function stateOf(visit: OpenVisit, id: ProtocolId): ProtocolSeen["state"] {
  if (visit.fact(`${id}.speaks`) === true) return "speaks";
  const state = visit.states.get(id);
  return state === undefined || state === "unreachable" ? "filtered" : state;
}
