/** Why a device cannot be read, as far as its behaviour tells. Texts and advice: diagnosis/texts.ts. */
export const DIAGNOSIS_CODES = [
  "PORT_CLOSED",
  "HOST_SILENT",
  "LINK_LOST",
  "S7_TSAP_REFUSED",
  "S7_NO_FREE_CONNECTION",
  "S7_NO_SETUP_REPLY",
  "S7_PUT_GET_OFF",
  "S7_BLOCK_MISSING",
  "S7_BEYOND_BLOCK",
  "S7_OVER_PDU",
  "S7_PROTECTED",
  "S7_OVERLOADED",
  "MODBUS_FUNCTION_REFUSED",
  "MODBUS_ADDRESS_REFUSED",
  "MODBUS_GATEWAY_TARGET",
  "MODBUS_BUSY",
  "MODBUS_UNIT_SILENT",
  "MODBUS_WORD_ORDER",
  "MODBUS_LATE_REPLY",
  "OPCUA_ENDPOINT_HOST",
  "OPCUA_UNTRUSTED",
  "OPCUA_LIMIT",
  "OPCUA_SUBSCRIPTION_LOST",
  "MALFORMED_ANSWER",
  "NOT_A_CONTROLLER",
  "DEVICE_CHANGED",
  "NO_DRIVER",
  "UNKNOWN_DEVICE",
] as const;

export type DiagnosisCode = (typeof DIAGNOSIS_CODES)[number];

/** A cause with what it was concluded from. */
export interface Diagnosis {
  readonly code: DiagnosisCode;
  /** What was seen: "TCP reset on port 102 after 2 ms". */
  readonly observed: string;
}

const CODES: ReadonlySet<string> = new Set(DIAGNOSIS_CODES);

const isDiagnosisCode = (code: string): code is DiagnosisCode => CODES.has(code);

/** A diagnosis from a code that travelled as text; undefined where there is none. */
export const diagnosisFrom = (code: string | undefined, observed: string): Diagnosis | undefined =>
  code !== undefined && isDiagnosisCode(code) ? { code, observed } : undefined;

/** Whether both tell the same. */
export const isSameDiagnosis = (a: Diagnosis | undefined, b: Diagnosis | undefined): boolean =>
  a?.code === b?.code && a?.observed === b?.observed;
