import type { ProtocolId } from "@stethos/protocol-finger";
import type { ZooEndpoint } from "./zoo-profile.ts";

/** Below what a system hands out (IANA: unassigned), so that nobody comes to listen there while a device runs. */
const REFUSED: Readonly<Record<ProtocolId, number>> = {
  s7: 4,
  modbus: 6,
  opcua: 8,
  enip: 10,
  fins: 12,
  bacnet: 14,
  iec104: 16,
  fox: 26,
  pcworx: 28,
  ads: 30,
  "hart-ip": 32,
  dnp3: 34,
  proconos: 36,
  codesys: 40,
};

/** The device's ports; for every protocol that it has not, one on which nobody listens. */
export function withRefused(ports: ZooEndpoint["ports"]): ZooEndpoint {
  return { host: "127.0.0.1", ports: { ...REFUSED, ...ports } };
}
