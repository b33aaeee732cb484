/** OPC UA status codes (OPC 10000-4, 7.39 and 10000-6 A.2); the two top bits are the quality. */
export const StatusCode = {
  Good: 0x00000000,
  GoodClamped: 0x00300000,
  Uncertain: 0x40000000,
  UncertainLastUsableValue: 0x40900000,
  UncertainSensorNotAccurate: 0x40930000,
  Bad: 0x80000000,
  BadCommunicationError: 0x80050000,
  BadTimeout: 0x800a0000,
  BadNotConnected: 0x808a0000,
  BadDeviceFailure: 0x808b0000,
  BadSensorFailure: 0x808c0000,
  BadOutOfService: 0x808d0000,
  BadOutOfRange: 0x803c0000,
  BadNotSupported: 0x803d0000,
  BadTypeMismatch: 0x80740000,
  BadNodeIdUnknown: 0x80340000,
  BadUserAccessDenied: 0x801f0000,
  BadDataEncodingInvalid: 0x80380000,
  BadConfigurationError: 0x80890000,
  BadWaitingForInitialData: 0x80320000,
} as const;

export type Quality = "good" | "uncertain" | "bad";

/** The quality that a status code carries. */
export function qualityOf(status: number): Quality {
  const severity = status >>> 30;
  if (severity === 0) return "good";
  return severity === 1 ? "uncertain" : "bad";
}

export const isUsable = (status: number): boolean => status >>> 31 === 0;

const names = new Map<number, string>(Object.entries(StatusCode).map(([name, code]) => [code, name]));

/** "Good", "BadTimeout", or the code in hexadecimal where this product has no name for it. */
export function statusName(status: number): string {
  // Bits 0..15 are flags and info bits; the name hangs on the upper half alone.
  const code = (status & 0xffff0000) >>> 0;
  return names.get(code) ?? `0x${(status >>> 0).toString(16).padStart(8, "0")}`;
}
