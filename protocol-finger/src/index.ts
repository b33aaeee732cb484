export { type AllowList, parseAllowList } from "./allow-list.ts";
export { type Budget, DEFAULT_BUDGET } from "./budget.ts";
export { type ModbusClient, type ModbusOptions, openModbus } from "./clients/modbus-client.ts";
export { ModbusException } from "./clients/modbus-exception.ts";
export { type OpcuaReader, type OpcuaReaderOptions, openOpcuaReader } from "./clients/opcua-reader.ts";
export { DIAGNOSIS_CODES, type Diagnosis, type DiagnosisCode } from "./diagnosis/diagnosis.ts";
export { type DiagnosisText, diagnosisText, LANGUAGES, type Language } from "./diagnosis/texts.ts";
export type { Findings } from "./findings.ts";
export { FingerError, type FingerErrorCode } from "./finger-error.ts";
export {
  DRIVEN,
  type Evidence,
  type Fact,
  type FactValue,
  type Fingerprint,
  type Labels,
  type Nature,
  PROTOCOL_IDS,
  type ProbeId,
  type ProtocolId,
  type ProtocolSeen,
  type Spent,
} from "./fingerprint.ts";
export { type IdentifyDeps, type IdentifyStep, identify } from "./identify.ts";
export type { LearntLimits, Remembered, VerdictMemory } from "./memory.ts";
export { createVerdictMemory } from "./memory-file.ts";
export { type Overheard, overhear } from "./passive/overhear.ts";
export type { ByteEntry } from "./probes/byte-entry.ts";
export type { TcpFeatures } from "./probes/probe.ts";
export { chooseProfiles, type ProfileChoice } from "./profile.ts";
export type {
  DeviceProfile,
  ModbusProfile,
  NoProfile,
  OpcuaProfile,
  S7Profile,
} from "./profile-types.ts";
export type { AddressProblem } from "./s7/problem.ts";
export { builtInSignatures, loadSignatures } from "./signatures/load.ts";
export type { Condition, Signature, SignatureExample, SignatureSet } from "./signatures/signature.ts";
export { suggestSignature } from "./suggest-signature.ts";
export type { SynAckSource } from "./syn-ack-source.ts";
export type { Target } from "./target.ts";
export { type TunnelArea, tunnelAreas } from "./tunnel/areas.ts";
export type { TunnelEvent, TunnelStats } from "./tunnel/events.ts";
export { mapAddress } from "./tunnel/mapping.ts";
export { type ModbusProxyOptions, startModbusProxy } from "./tunnel/modbus-proxy.ts";
export { type S7ProxyOptions, startS7Proxy } from "./tunnel/s7-proxy.ts";
export type { Tunnel } from "./tunnel/tunnel.ts";
