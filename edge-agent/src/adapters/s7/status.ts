import { type S7Refusal, s7Refusal } from "@stethos/protocol-finger/s7";
import { StatusCode } from "../../core/quality.ts";

/** Why the device gave no value, with the status code that carries it. */
export interface Refusal extends S7Refusal {
  readonly status: number;
}

const STATUS: ReadonlyMap<number, number> = new Map([
  [0x03, StatusCode.BadUserAccessDenied],
  [0x05, StatusCode.BadNodeIdUnknown],
  [0x06, StatusCode.BadTypeMismatch],
  [0x07, StatusCode.BadTypeMismatch],
  [0x0a, StatusCode.BadNodeIdUnknown],
  [0x8104, StatusCode.BadUserAccessDenied],
]);

/** @param code return code of an item (0x0a), or class and code of the error of a whole answer (0x8104) */
export function refusalOf(code: number): Refusal {
  const refusal = s7Refusal(code);
  return { ...refusal, status: STATUS.get(code) ?? statusOf(refusal) };
}

function statusOf({ blames, diagnosis }: S7Refusal): number {
  if (blames === "length") return StatusCode.BadConfigurationError;
  return diagnosis === "S7_PROTECTED" ? StatusCode.BadUserAccessDenied : StatusCode.BadDeviceFailure;
}
