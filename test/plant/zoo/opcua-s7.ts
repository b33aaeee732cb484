import { S7_1200_IDENTITY, S7_1200_PUT_GET_OFF } from "./modbus-s7-1200.ts";
import { lineTags, lineVariables, startOpcuaAlone } from "./opcua-line.ts";
import { startOpcuaSimulator } from "./opcua-simulator.ts";
import type { OpcuaTraits } from "./opcua-traits.ts";
import { deviceOf } from "./other-device.ts";
import { createReceived } from "./received.ts";
import { createMemory } from "./s7-memory.ts";
import { expectedOf } from "./s7-profile.ts";
import { s7Side } from "./s7-side.ts";
import type { S7Identity, S7Traits } from "./s7-traits.ts";
import type { ZooProfile } from "./zoo-profile.ts";

/** Limits: epics-modules/opcua #177 and #201 (1000 nodes in one call), convertersystems/opc-ua-client #146 (500 ms
 *  publishing, 100 ms sampling), node-opcua #1059 (TransferSubscriptions), benthos-umh server_profiles.go (sessions,
 *  items, filters). */
const S7_1500: OpcuaTraits = {
  applicationUri: "urn:SIMATIC.S7-1500.OPC-UA.Application:PLC_1",
  applicationName: "SIMATIC.S7-1500.OPC-UA.Application:PLC_1",
  productUri: "https://www.siemens.com/s7-1500",
  build: { manufacturer: "Siemens AG", product: "SIMATIC S7-1500", software: "V2.9.2" },
  securityModes: ["None", "Sign", "SignAndEncrypt"],
  newClients: "accepted-later",
  limits: {
    nodesPerCall: 1000,
    sessions: 32,
    monitoredItems: 10_000,
    leastPublishingMs: 500,
    leastSamplingMs: 100,
  },
  transfersSubscriptions: false,
  hasDataChangeFilters: true,
  namespaces: ["http://opcfoundation.org/UA/DI/", "http://www.siemens.com/simatic-s7-opcua"],
  variables: lineVariables((name) => `"Line"."${name}"`),
};

const S7_1200: OpcuaTraits = {
  ...S7_1500,
  applicationUri: "urn:SIMATIC.S7-1200.OPC-UA.Application:PLC_1",
  applicationName: "SIMATIC.S7-1200.OPC-UA.Application:PLC_1",
  productUri: "https://www.siemens.com/s7-1200",
  build: { manufacturer: "Siemens AG", product: "SIMATIC S7-1200", software: S7_1200_IDENTITY.firmware },
  newClients: "accepted",
  limits: { ...S7_1500.limits, sessions: 10, monitoredItems: 1000 },
  hasDataChangeFilters: false,
};

const IDENTITY_1516: S7Identity = {
  orderNumber: "6ES7 516-3AN02-0AB0",
  firmware: "V2.9.2",
  stationName: "S71500/ET200MP station_1",
  moduleName: "PLC_1",
  moduleType: "CPU 1516-3 PN/DP",
  serial: "S C-P4AB17312021",
  rates: [0, 0, 1_000_000_000],
};

const S7_1500_PUT_GET_OFF: S7Traits = {
  ...S7_1200_PUT_GET_OFF,
  identity: IDENTITY_1516,
  pduSize: 960,
  amq: { calling: 8, called: 8 },
  connections: { total: 128, reserved: { pg: 4, op: 4 }, taken: {}, whenFull: "reset" },
  latencyMs: [0.7, 1.2, 2.5, 6],
};

const memory = createMemory({ 1: 2 }, []);

/** Tells who it is over S7, refuses to be read there, and serves OPC UA. */
function startBoth(opcua: OpcuaTraits, traits: S7Traits): ZooProfile["start"] {
  return async (options) => {
    const received = createReceived();
    const server = await startOpcuaSimulator(opcua, received);
    const s7 = await s7Side({ traits, memory }, options, received);
    return deviceOf(received, { opcua: server, s7 });
  };
}

const SERVER_1500 = [
  "1000 nodes in one call, 32 sessions",
  "publishes every 500 ms at the fastest, no TransferSubscriptions",
  "a client's certificate is rejected the first time and trusted from then on",
];

export const opcuaS7: readonly ZooProfile[] = [
  {
    id: "s7-1500-opcua",
    title: "S7-1516-3 PN/DP V2.9.2 with OPC UA, PUT/GET not permitted",
    traits: [...SERVER_1500, "S7 tells who it is and refuses every read with 8104"],
    backing: "node-opcua, S7: own simulator",
    expected: expectedOf("S7-1500", IDENTITY_1516, "opcua"),
    tags: lineTags(S7_1500),
    start: startBoth(S7_1500, S7_1500_PUT_GET_OFF),
  },
  {
    id: "s7-1500-opcua-only",
    title: "S7-1500 V2.9.2 behind a firewall that lets OPC UA through",
    traits: [...SERVER_1500, "102 is closed"],
    backing: "node-opcua",
    expected: { vendor: "Siemens", family: "S7-1500", firmware: "V2.9.2", nature: "plc", mode: "opcua" },
    tags: lineTags(S7_1500),
    start: startOpcuaAlone(S7_1500),
  },
  {
    id: "s7-1200-opcua",
    title: "S7-1215C V4.4.1 with OPC UA, PUT/GET not permitted",
    traits: [
      "10 sessions, 1000 monitored items",
      "refuses data change filters",
      "publishes every 500 ms at the fastest, no TransferSubscriptions",
      "S7 tells who it is and refuses every read with 8104",
    ],
    backing: "node-opcua, S7: own simulator",
    expected: expectedOf("S7-1200", S7_1200_IDENTITY, "opcua"),
    tags: lineTags(S7_1200),
    start: startBoth(S7_1200, S7_1200_PUT_GET_OFF),
  },
];
