import type { DiagnosisCode } from "../diagnosis/diagnosis.ts";
import { FingerError } from "../finger-error.ts";
import { functionOf, type ModbusRead, type ModbusWrite } from "../wire/modbus-pdu.ts";

/** Exception codes (Modbus Application Protocol V1.1b3, section 7). */
export const EXCEPTION = {
  function: 1,
  address: 2,
  value: 3,
  failure: 4,
  acknowledge: 5,
  busy: 6,
  gatewayPath: 10,
  gatewayTarget: 11,
} as const;

const MEANINGS: ReadonlyMap<number, readonly [string, DiagnosisCode?]> = new Map([
  [EXCEPTION.function, ["the device does not serve this function", "MODBUS_FUNCTION_REFUSED"]],
  [EXCEPTION.address, ["the device has no such address", "MODBUS_ADDRESS_REFUSED"]],
  [EXCEPTION.value, ["the device does not take so many at once"]],
  [EXCEPTION.failure, ["the device failed to do it"]],
  [EXCEPTION.acknowledge, ["the device needs longer and gave no value", "MODBUS_BUSY"]],
  [EXCEPTION.busy, ["the device is busy, or its connection table is full", "MODBUS_BUSY"]],
  [8, ["the device's memory is at fault"]],
  [EXCEPTION.gatewayPath, ["the gateway knows no way to this unit", "MODBUS_GATEWAY_TARGET"]],
  [EXCEPTION.gatewayTarget, ["the unit behind the gateway is silent", "MODBUS_GATEWAY_TARGET"]],
] as const);

/** The device answered with an exception: the connection is good, the request was not. */
export class ModbusException extends FingerError {
  readonly exception: number;
  readonly request: ModbusRead | ModbusWrite;

  constructor(where: string, request: ModbusRead | ModbusWrite, exception: number) {
    const [meaning, diagnosis] = MEANINGS.get(exception) ?? ["which the standard does not know"];
    const code = exception.toString(16).toUpperCase().padStart(2, "0");
    const message = `${where} answers ${requestText(request)} with exception ${code}: ${meaning}`;
    super("PLC_REFUSED", message, diagnosis === undefined ? {} : { diagnosis });
    this.name = "ModbusException";
    this.exception = exception;
    this.request = request;
  }
}

/** "function 3, holding 0 to 31": zero-based addresses. */
export function requestText(request: ModbusRead | ModbusWrite): string {
  const { table, start, count } = request;
  const span = count === 1 ? `${start}` : `${start} to ${start + count - 1}`;
  return `function ${functionOf(request)}, ${table} ${span}`;
}
