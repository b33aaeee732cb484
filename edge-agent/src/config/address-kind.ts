import { looksLikeModbus } from "@stethos/protocol-finger/modbus";
import { parseS7Address } from "@stethos/protocol-finger/s7";
import { parseOpcuaAddress } from "../adapters/opcua-client/address.ts";
import type { AddressKind } from "../ports/identify.ts";

/** The notation that an address is written in, where it is one of those that are known. A Modbus address is known by how
 *  it begins: whether it is right depends on what the device calls its first register. */
export function kindOfAddress(address: string): AddressKind | undefined {
  if ("address" in parseS7Address(address)) return "s7";
  if ("address" in parseOpcuaAddress(address)) return "opcua";
  return looksLikeModbus(address) ? "modbus" : undefined;
}

export const KIND_NAMES: Readonly<Record<AddressKind, string>> = {
  s7: "an S7 address",
  modbus: "a Modbus address",
  opcua: "an OPC UA node id",
};

export const NO_KIND =
  "is neither an S7 address (DB1,REAL0), nor a Modbus address (hr:100,FLOAT32), nor an OPC UA node id (ns=2;s=Temp)";
