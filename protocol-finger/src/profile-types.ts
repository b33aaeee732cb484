import type { AddressBase } from "./modbus/address.ts";
import type { WordOrder } from "./modbus/types.ts";

/** How to talk to a device. Every number is a limit to begin with; drivers learn better ones. */
export type DeviceProfile = S7Profile | ModbusProfile | OpcuaProfile | NoProfile;

interface ProfileBase {
  readonly port: number;
  /** For a technician: why this profile. */
  readonly why: string;
  /** Connections that the device has for everybody together, where it says so or is known for it. */
  readonly connectionBudget?: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Least pause between two requests. */
  readonly minGapMs: number;
  readonly jobsInFlight: number;
}

/** Classic S7. `s7-compat`: PDU 240, one job in flight, never the programmer's connection. */
export interface S7Profile extends ProfileBase {
  readonly mode: "s7-native" | "s7-compat";
  readonly localTsap: number;
  /** Connection type (01 PG, 02 OP, 03 basic) in the high byte, rack * 32 + slot in the low one. */
  readonly remoteTsap: number;
  readonly pduSize: number;
  /** The most bytes to ask for in one job; 222 at PDU 240, 160 through an old CP. */
  readonly maxReadBytes: number;
  /** Unwanted bytes that may be read between two tags; 0 where the device refuses merged reads. */
  readonly maxMergeGap: number;
}

/** Modbus/TCP. `modbus-tunnel`: the tags are S7 addresses and are mapped to registers (see tunnel/). */
export interface ModbusProfile extends ProfileBase {
  readonly mode: "modbus" | "modbus-tunnel";
  readonly unit: number;
  readonly wordOrder: WordOrder;
  readonly addressBase: AddressBase;
  readonly maxRegisters: number;
  readonly maxBits: number;
}

export interface OpcuaProfile extends ProfileBase {
  readonly mode: "opcua";
  /** With the host that was dialled: servers often name one that cannot be resolved. */
  readonly endpointUrl: string;
  /** Nodes in one call. */
  readonly maxNodesPerCall: number;
  readonly leastPublishingMs: number;
}

/** Recognised or not: there is no driver, or nothing that should be talked to. */
export interface NoProfile {
  readonly mode: "none";
  readonly why: string;
}
