import { StatusCode } from "../../core/quality.ts";

/** What an exception is about: this very address, how much was asked for, a unit that is busy or away, or a device in
 *  trouble. */
type ExceptionKind = "address" | "busy" | "failed" | "quantity" | "unit-away";

export interface ExceptionMeaning {
  readonly kind: ExceptionKind;
  readonly status: number;
  readonly reason: string;
}

/** Modbus Application Protocol V1.1b3, section 7. */
const MEANINGS: Readonly<Record<number, ExceptionMeaning>> = {
  1: {
    kind: "failed",
    status: StatusCode.BadConfigurationError,
    reason: "exception 01, illegal function: the device does not serve this table",
  },
  2: {
    kind: "address",
    status: StatusCode.BadNodeIdUnknown,
    reason: "exception 02, illegal data address: the device has no such address",
  },
  3: {
    kind: "quantity",
    status: StatusCode.BadOutOfRange,
    reason: "exception 03, illegal data value: the device does not take so many at once; lower maxRegisters",
  },
  4: {
    kind: "failed",
    status: StatusCode.BadDeviceFailure,
    reason: "exception 04, server device failure",
  },
  5: {
    kind: "busy",
    status: StatusCode.BadOutOfService,
    reason: "exception 05, acknowledge: the device needs longer and gave no value",
  },
  6: {
    kind: "busy",
    status: StatusCode.BadOutOfService,
    reason: "exception 06, server device busy: it stayed busy, or its connection table is full",
  },
  8: {
    kind: "failed",
    status: StatusCode.BadDeviceFailure,
    reason: "exception 08, memory parity error in the device",
  },
  10: {
    kind: "unit-away",
    status: StatusCode.BadCommunicationError,
    reason: "exception 0A, gateway path unavailable: the gateway knows no way to this unit",
  },
  11: {
    kind: "unit-away",
    status: StatusCode.BadCommunicationError,
    reason: "exception 0B, gateway target failed to respond: the unit behind the gateway is silent",
  },
};

export function meaningOf(code: number): ExceptionMeaning {
  return (
    MEANINGS[code] ?? {
      kind: "failed",
      status: StatusCode.BadDeviceFailure,
      reason: `exception ${code.toString(16).toUpperCase().padStart(2, "0")}, which the standard does not know`,
    }
  );
}
