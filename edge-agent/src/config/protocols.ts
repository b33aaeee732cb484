import { parseS7Address } from "@stethos/protocol-finger/s7";
import { type AddressUse, checkAddress } from "../adapters/modbus/address-use.ts";
import { parseOpcuaAddress } from "../adapters/opcua-client/address.ts";
import { checkTunnelAddress } from "../adapters/s7-tunnel/address.ts";
import type { AddressProblem } from "../ports/driver.ts";
import type { AddressKind } from "../ports/identify.ts";
import { KIND_NAMES, kindOfAddress, NO_KIND } from "./address-kind.ts";
import type { AutoOptions } from "./auto-options.ts";
import type { DeviceFile } from "./schema.ts";

const problemOf = (parsed: { readonly problem: AddressProblem } | object): AddressProblem | undefined =>
  "problem" in parsed ? parsed.problem : undefined;

/** What is wrong with an address of a device, or nothing.
 *  @param kind of the other tags, where the protocol is left open */
export function addressProblem(
  device: DeviceFile,
  address: string,
  use: AddressUse,
  kind: AddressKind | undefined,
): AddressProblem | undefined {
  switch (device.protocol) {
    case "s7":
      return problemOf(parseS7Address(address));
    case "s7-tunnel":
      return checkTunnelAddress(address, device.connection.areas);
    case "modbus-tcp":
    case "modbus-rtu": {
      const { addressBase } = device.connection;
      return checkAddress(address, use, { addressBase, isSerial: device.protocol === "modbus-rtu" });
    }
    case "opcua":
      return problemOf(parseOpcuaAddress(address));
    case "auto":
      return autoProblem(device.connection, kind, address, use);
    default:
      return device satisfies never;
  }
}

function autoProblem(
  options: AutoOptions,
  kind: AddressKind | undefined,
  address: string,
  use: AddressUse,
): AddressProblem | undefined {
  const own = kindOfAddress(address);
  if (kind === undefined) return { at: 0, message: NO_KIND };
  if (own !== undefined && own !== kind) {
    const message = `is ${KIND_NAMES[own]}, and other tags of this device have ${KIND_NAMES[kind]}: put them into devices of their own`;
    return { at: 0, message };
  }
  switch (kind) {
    case "s7":
      return problemOf(parseS7Address(address));
    case "opcua":
      return problemOf(parseOpcuaAddress(address));
    case "modbus": {
      const addressBase = options.modbus?.addressBase ?? 0;
      return checkAddress(address, use, { addressBase, isSerial: false });
    }
    default:
      return kind satisfies never;
  }
}

/** What is not wrong with an address and still worth knowing: that it cannot travel through the registers of the tunnel. */
export function addressWarning(device: DeviceFile, address: string): AddressProblem | undefined {
  if (device.protocol !== "auto" || device.connection.tunnel === undefined) return undefined;
  const problem = checkTunnelAddress(address, device.connection.tunnel.areas);
  if (problem === undefined) return undefined;
  const { at, message } = problem;
  return { at, message: `S7 only, it has no value while the device is read through the tunnel: ${message}` };
}
