export { DIAGNOSIS_CODES, type Diagnosis, type DiagnosisCode } from "./diagnosis/diagnosis.ts";
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
export type {
  DeviceProfile,
  ModbusProfile,
  NoProfile,
  OpcuaProfile,
  S7Profile,
} from "./profile-types.ts";
export type { AddressProblem } from "./s7/problem.ts";
