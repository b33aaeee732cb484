import type { Clock } from "../../clock/clock.ts";
import { FingerError } from "../../finger-error.ts";
import { looksLikeModbus } from "../../modbus/place.ts";
import type { DeviceProfile, ModbusProfile } from "../../profile-types.ts";
import { parseS7Address, type S7Address } from "../../s7/address.ts";
import type { TunnelArea } from "../../tunnel/areas.ts";
import type { FieldReader } from "./field-reader.ts";
import { checkModbusAddress, modbusAddress } from "./modbus-address.ts";
import { openModbusReader } from "./modbus-reader.ts";
import { openOpcuaFieldReader } from "./opcua-reader.ts";
import { openS7Reader } from "./s7-reader.ts";
import { openTunnelReader } from "./tunnel-reader.ts";

export type AddressKind = "s7" | "modbus" | "opcua";

/** Addresses of one kind, still as they were written. */
export interface Wanted {
  readonly host: string;
  readonly addresses: readonly string[];
  /** Which registers are which bytes, where S7 addresses may travel through Modbus. */
  readonly areas?: readonly TunnelArea[];
}

// OPC 10000-6, 5.3.1.10: a node id begins with its namespace or with the letter of its kind.
const NODE_ID = /^(ns=\d+;)?[isgb]=/;

/** What the addresses are written as; they must all be of one kind.
 *  @throws FingerError ADDRESS_INVALID */
export function kindOf(addresses: readonly string[]): AddressKind {
  const kinds = new Set(
    addresses.map((text) => (NODE_ID.test(text) ? "opcua" : looksLikeModbus(text) ? "modbus" : "s7")),
  );
  const [kind, ...others] = kinds;
  if (kind === undefined || others.length > 0) {
    throw new FingerError(
      "ADDRESS_INVALID",
      "the addresses are of different protocols: read them one protocol at a time",
    );
  }
  if (kind === "s7") addresses.forEach(s7Address);
  if (kind === "modbus") addresses.forEach(checkModbusAddress);
  return kind;
}

/** The profiles that the addresses can be read with, best first. */
export function fittingProfiles(
  kind: AddressKind,
  profiles: readonly DeviceProfile[],
  areas: readonly TunnelArea[] | undefined,
): readonly DeviceProfile[] {
  switch (kind) {
    case "opcua":
      return profiles.filter(({ mode }) => mode === "opcua");
    case "modbus":
      return profiles.filter(({ mode }) => mode === "modbus");
    case "s7":
      return profiles.flatMap((profile): DeviceProfile[] => {
        if (profile.mode === "s7-native" || profile.mode === "s7-compat") return [profile];
        return areas !== undefined && isModbus(profile)
          ? [{ ...profile, mode: "modbus-tunnel" as const }]
          : [];
      });
  }
}

const isModbus = (profile: DeviceProfile): profile is ModbusProfile =>
  profile.mode === "modbus" || profile.mode === "modbus-tunnel";

/** @throws FingerError ADDRESS_INVALID, PLC_UNREACHABLE, PLC_REFUSED, PLC_TIMEOUT */
export async function openReader(
  profile: DeviceProfile,
  { host, addresses, areas = [] }: Wanted,
  clock: Clock,
  signal: AbortSignal,
): Promise<FieldReader> {
  switch (profile.mode) {
    case "s7-native":
    case "s7-compat":
      return openS7Reader({ host, profile }, addresses.map(s7Address), clock, signal);
    case "modbus-tunnel":
      return openTunnelReader({ host, profile, areas }, addresses.map(s7Address), clock, signal);
    case "modbus": {
      const parsed = addresses.map((text) => modbusAddress(text, profile.addressBase));
      return openModbusReader({ host, profile }, parsed, clock, signal);
    }
    case "opcua":
      return openOpcuaFieldReader(profile, addresses, clock, signal);
    case "none":
      throw new FingerError("PLC_REFUSED", `${host} cannot be read: ${profile.why}`);
  }
}

function s7Address(text: string): S7Address {
  const parsed = parseS7Address(text);
  if ("address" in parsed) return parsed.address;
  throw new FingerError(
    "ADDRESS_INVALID",
    `"${text}" is no address, from character ${parsed.problem.at + 1} on: ${parsed.problem.message}. ` +
      'S7: "DB1,REAL0" or "MW10"; Modbus: "hr:0,FLOAT32"; OPC UA: "ns=2;s=Temperature"',
  );
}
