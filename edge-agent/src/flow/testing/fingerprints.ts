import type {
  Fingerprint,
  ModbusProfile,
  OpcuaProfile,
  ProtocolSeen,
  S7Profile,
} from "@stethos/protocol-finger";

const patience = { connectTimeoutMs: 5000, requestTimeoutMs: 2000, minGapMs: 0, jobsInFlight: 1 };

export const s7Profile = (more: Partial<S7Profile> = {}): S7Profile => ({
  mode: "s7-native",
  port: 102,
  why: "it answers as a CPU does",
  ...patience,
  localTsap: 0x0100,
  remoteTsap: 0x0302,
  pduSize: 480,
  maxReadBytes: 462,
  maxMergeGap: 64,
  ...more,
});

export const modbusProfile = (more: Partial<ModbusProfile> = {}): ModbusProfile => ({
  mode: "modbus",
  port: 502,
  why: "it answers function 3",
  ...patience,
  unit: 1,
  wordOrder: "ABCD",
  addressBase: 0,
  maxRegisters: 125,
  maxBits: 2000,
  ...more,
});

export const opcuaProfile = (more: Partial<OpcuaProfile> = {}): OpcuaProfile => ({
  mode: "opcua",
  port: 4840,
  why: "it acknowledges Hello",
  ...patience,
  endpointUrl: "opc.tcp://10.0.0.5:4840",
  maxNodesPerCall: 100,
  leastPublishingMs: 500,
  ...more,
});

export const seen = (
  id: ProtocolSeen["id"],
  state: ProtocolSeen["state"] = "speaks",
  port: number = { s7: 102, modbus: 502, opcua: 4840 }[id as "s7"] ?? 44_818,
): ProtocolSeen => ({ id, port, state, hasDriver: id === "s7" || id === "modbus" || id === "opcua" });

export const fingerprint = (more: Partial<Fingerprint> = {}): Fingerprint => ({
  host: "10.0.0.5",
  vendor: "Siemens",
  family: "S7-300",
  orderNumber: "6ES7 315-2EH13-0AB0",
  firmware: "V2.6.1",
  nature: "plc",
  protocols: [seen("s7")],
  confidence: 0.97,
  evidence: [],
  facts: [],
  profile: s7Profile(),
  alternatives: [],
  diagnoses: [],
  spent: { connections: 1, frames: 6, ms: 80 },
  at: "2026-11-23T08:00:00Z",
  ...more,
});
