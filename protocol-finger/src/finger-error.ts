import type { DiagnosisCode } from "./diagnosis/diagnosis.ts";

/** Stable codes of errors that leave this package; README.md explains each. */
export type FingerErrorCode =
  | "ADDRESS_INVALID"
  | "CAPTURE_UNREADABLE"
  | "FILE_UNWRITABLE"
  | "OPTION_INVALID"
  | "PDU_MALFORMED"
  | "PLC_REFUSED"
  | "PLC_TIMEOUT"
  | "PLC_UNREACHABLE"
  | "SIGNATURE_INVALID"
  | "TARGET_NOT_ALLOWED"
  | "WRITE_NOT_ALLOWED";

/** An error with a code to match on and a message for a technician: what, where, the mend. */
export class FingerError extends Error {
  readonly code: FingerErrorCode;
  /** The likely cause, where the device's behaviour tells. */
  readonly diagnosis: DiagnosisCode | undefined;

  constructor(
    code: FingerErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly diagnosis?: DiagnosisCode } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "FingerError";
    this.code = code;
    this.diagnosis = options.diagnosis;
  }
}
