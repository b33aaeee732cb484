import { parseAddress } from "../adapters/modbus/address.ts";
import { parseOpcuaAddress } from "../adapters/opcua-client/address.ts";
import { parseS7Address } from "../adapters/s7/address.ts";
import type { AddressProblem } from "../ports/driver.ts";
import type { DeviceFile } from "./schema.ts";

type Parsed = { readonly problem: AddressProblem } | object;

const problemOf = (parsed: Parsed): AddressProblem | undefined =>
  "problem" in parsed ? parsed.problem : undefined;

/** What is wrong with an address of a device, or nothing. */
export function addressProblem(device: DeviceFile, address: string): AddressProblem | undefined {
  switch (device.protocol) {
    case "s7":
      return problemOf(parseS7Address(address));
    case "modbus-tcp":
    case "modbus-rtu":
      return problemOf(parseAddress(address, device.connection.addressBase));
    case "opcua":
      return problemOf(parseOpcuaAddress(address));
    default:
      return device satisfies never;
  }
}
