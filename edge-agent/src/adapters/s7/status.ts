import { StatusCode } from "../../core/quality.ts";

/** Why the device gave no value: its own words, and the status code that carries them. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  /** True where the address is at fault: asking again the same way will be refused again. */
  readonly isAddress: boolean;
}

const refusal = (status: number, reason: string, isAddress: boolean): Refusal => ({
  status,
  reason,
  isAddress,
});

/** Return codes of one item of a read (PROTOCOLS.md 3.1 point 8; Wireshark, packet-s7comm.c, item_return_valuenames). */
const ITEM_CODES: ReadonlyMap<number, Refusal> = new Map([
  [0x01, refusal(StatusCode.BadDeviceFailure, "hardware fault", false)],
  [0x03, refusal(StatusCode.BadUserAccessDenied, "access denied", true)],
  [0x05, refusal(StatusCode.BadNodeIdUnknown, "the address is beyond the end of its area", true)],
  [0x06, refusal(StatusCode.BadTypeMismatch, "data type not supported here", true)],
  [0x07, refusal(StatusCode.BadTypeMismatch, "data type and length do not fit", true)],
  [0x0a, refusal(StatusCode.BadNodeIdUnknown, "the data block or area does not exist", true)],
]);

export function itemRefusal(code: number): Refusal {
  return (
    ITEM_CODES.get(code) ?? refusal(StatusCode.BadDeviceFailure, `item return code 0x${hex(code, 2)}`, false)
  );
}

/** Errors of a whole answer, class and code (PROTOCOLS.md 3.1 point 8). They blame no single address. */
const ANSWER_CODES: ReadonlyMap<number, Refusal> = new Map([
  [
    0x8104,
    refusal(
      StatusCode.BadUserAccessDenied,
      "reading is not allowed: permit PUT/GET communication in the CPU's protection settings and load the hardware",
      false,
    ),
  ],
  [0x8500, refusal(StatusCode.BadConfigurationError, "the request does not fit the PDU", false)],
  [0xd0a1, refusal(StatusCode.BadUserAccessDenied, "the CPU's protection level forbids reading", false)],
  [0xd241, refusal(StatusCode.BadUserAccessDenied, "the CPU wants a password", false)],
]);

export function answerRefusal(errorClass: number, errorCode: number): Refusal {
  const code = (errorClass << 8) | errorCode;
  return (
    ANSWER_CODES.get(code) ??
    refusal(StatusCode.BadDeviceFailure, `the controller answers with error 0x${hex(code, 4)}`, false)
  );
}

const hex = (code: number, digits: number): string => code.toString(16).toUpperCase().padStart(digits, "0");
