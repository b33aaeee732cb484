import { lineTags, lineVariables, startOpcuaAlone } from "./opcua-line.ts";
import type { OpcuaTraits } from "./opcua-traits.ts";
import type { ZooProfile } from "./zoo-profile.ts";

/** A server as machine builders buy it in, of no vendor that can be told. */
export const BOUGHT_IN: OpcuaTraits = {
  applicationUri: "urn:line7:OpcUaServer",
  applicationName: "OpcUaServer@line7",
  productUri: "urn:example:OpcUaServer",
  build: { manufacturer: "Example Machines", product: "OPC UA server", software: "4.2.0" },
  securityModes: ["None", "Sign", "SignAndEncrypt"],
  newClients: "accepted",
  limits: {
    nodesPerCall: 1000,
    sessions: 20,
    monitoredItems: 10_000,
    leastPublishingMs: 100,
    leastSamplingMs: 50,
  },
  transfersSubscriptions: true,
  hasDataChangeFilters: true,
  namespaces: ["http://example.com/machine"],
  variables: lineVariables((name) => `Line.${name}`),
};

/** Nobody resolves it (RFC 2606). */
const NOWHERE = "line7.invalid";

export const opcuaBoughtIn: readonly ZooProfile[] = [
  {
    id: "opcua-unresolvable-host",
    title: "OPC UA server that names a host which nobody resolves",
    traits: [
      "its endpoints name a host that does not exist",
      "ERRF BadTcpEndpointUrlInvalid to a Hello that names another host than its address",
    ],
    backing: "node-opcua",
    expected: { mode: "opcua" },
    tags: lineTags(BOUGHT_IN),
    start: startOpcuaAlone({ ...BOUGHT_IN, hostname: NOWHERE, requiredHost: "127.0.0.1" }),
  },
  {
    id: "opcua-basic256sha256-only",
    title: "OPC UA server with Basic256Sha256 and nothing else",
    traits: ["Sign and SignAndEncrypt only", "its endpoints name a host that does not exist"],
    backing: "node-opcua",
    expected: { mode: "opcua" },
    tags: lineTags(BOUGHT_IN),
    start: startOpcuaAlone({
      ...BOUGHT_IN,
      hostname: NOWHERE,
      securityModes: ["Sign", "SignAndEncrypt"],
    }),
  },
  {
    id: "opcua-untrusting",
    title: "The same, to which nobody has introduced us",
    traits: ["Sign and SignAndEncrypt only", "rejects every client certificate"],
    backing: "node-opcua",
    expected: { mode: "opcua", diagnosis: "OPCUA_UNTRUSTED" },
    tags: lineTags(BOUGHT_IN),
    start: startOpcuaAlone({
      ...BOUGHT_IN,
      securityModes: ["Sign", "SignAndEncrypt"],
      newClients: "rejected",
    }),
  },
];
