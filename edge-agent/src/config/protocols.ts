import { parseS7Address } from "@stethos/protocol-finger/s7";
import { type AddressUse, checkAddress } from "../adapters/modbus/address-use.ts";
import { parseOpcuaAddress } from "../adapters/opcua-client/address.ts";
import type { AddressProblem } from "../ports/driver.ts";
import type { DeviceFile } from "./schema.ts";

const problemOf = (parsed: { readonly problem: AddressProblem } | object): AddressProblem | undefined =>
  "problem" in parsed ? parsed.problem : undefined;

/** What is wrong with an address of a device, or nothing. */
export function addressProblem(
  device: DeviceFile,
  address: string,
  use: AddressUse,
): AddressProblem | undefined {
  switch (device.protocol) {
    case "s7":
      return problemOf(parseS7Address(address));
    case "modbus-tcp":
    case "modbus-rtu": {
      const { addressBase } = device.connection;
      return checkAddress(address, use, { addressBase, isSerial: device.protocol === "modbus-rtu" });
    }
    case "opcua":
      return problemOf(parseOpcuaAddress(address));
    default:
      return device satisfies never;
  }
}
