import { PROTOCOL_IDS, type ProtocolId } from "./fingerprint.ts";
import type { Probe } from "./probes/probe.ts";
import type { Target } from "./target.ts";

/** What most controllers speak, gentlest question first (TCP). */
const COMMON: readonly ProtocolId[] = ["s7", "modbus", "opcua", "enip"];

/** The order in which to try protocols: those that the user names and no others; or the ports that he names, what is
 *  common, then what costs no connection, then the rest. */
export function orderOf(target: Target, probes: Readonly<Record<ProtocolId, Probe>>): readonly ProtocolId[] {
  if (target.protocols !== undefined) return [...new Set(target.protocols)];
  const named = PROTOCOL_IDS.filter((id) => target.ports?.[id] !== undefined);
  const datagrams = PROTOCOL_IDS.filter((id) => probes[id].transport === "udp");
  return [...new Set([...named, ...COMMON, ...datagrams, ...PROTOCOL_IDS])];
}
