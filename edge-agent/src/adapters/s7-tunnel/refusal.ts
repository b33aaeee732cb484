import type { FingerError } from "@stethos/protocol-finger/settings";
import { EXCEPTION, ModbusException } from "@stethos/protocol-finger/tunnel";
import { StatusCode } from "../../core/quality.ts";

const STATUS: ReadonlyMap<number, number> = new Map([
  [EXCEPTION.function, StatusCode.BadConfigurationError],
  [EXCEPTION.address, StatusCode.BadNodeIdUnknown],
  [EXCEPTION.value, StatusCode.BadOutOfRange],
  [EXCEPTION.acknowledge, StatusCode.BadOutOfService],
  [EXCEPTION.busy, StatusCode.BadOutOfService],
  [EXCEPTION.gatewayPath, StatusCode.BadCommunicationError],
  [EXCEPTION.gatewayTarget, StatusCode.BadCommunicationError],
]);

/** The status of a row that the device gave no bytes for. */
export function statusOf(error: FingerError): number {
  if (!(error instanceof ModbusException)) return StatusCode.BadTimeout;
  return STATUS.get(error.exception) ?? StatusCode.BadDeviceFailure;
}

/** True where asking again the same way will be refused again: the address or its table is not there. */
export const isLasting = (error: FingerError): boolean =>
  error instanceof ModbusException && LASTING.includes(error.exception);

const LASTING: readonly number[] = [EXCEPTION.function, EXCEPTION.address, EXCEPTION.value];
