import { FingerError } from "../../finger-error.ts";
import { type AddressBase, parseAddress } from "../../modbus/address.ts";
import type { ModbusAddress } from "../../modbus/types.ts";
import type { AddressProblem } from "../../s7/problem.ts";

/** @throws FingerError ADDRESS_INVALID */
export function modbusAddress(text: string, base: AddressBase): ModbusAddress {
  const parsed = parseAddress(text, base);
  if (parsed.ok) return parsed.address;
  throw invalid(text, parsed.problem);
}

/** Whatever the device calls its first register: what is wrong in any case is told before anything is sent.
 *  @throws FingerError ADDRESS_INVALID */
export function checkModbusAddress(text: string): void {
  const parsed = parseAddress(text, 0);
  if (!parsed.ok && !parseAddress(text, 1).ok) throw invalid(text, parsed.problem);
}

const invalid = (text: string, { at, message }: AddressProblem): FingerError =>
  new FingerError(
    "ADDRESS_INVALID",
    `"${text}" is no address, from character ${at + 1} on: ${message}. ` +
      'Modbus: "hr:0", "ir:7,FLOAT32@CDAB", "hr:5.3", "coil:0" or "40001"',
  );
