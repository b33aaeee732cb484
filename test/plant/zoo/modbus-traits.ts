import type { LatencyMs } from "./s7-traits.ts";
import type { DoorRules } from "./tcp-door.ts";

/** Neighbouring registers, or bits (0 or 1), that one request may span. */
export interface ModbusArea {
  /** As on the wire: 0 for the first. */
  readonly from: number;
  readonly words: readonly number[];
  /** Registers of each value, where a request must not begin or end inside one; exception 02. */
  readonly grain?: number;
}

/** What can be read, by table; a table that the unit has not makes its function code illegal. An address outside of all
 *  areas, or across two, is exception 02. */
export interface ModbusTables {
  readonly holding?: readonly ModbusArea[];
  readonly input?: readonly ModbusArea[];
  readonly coil?: readonly ModbusArea[];
  readonly discrete?: readonly ModbusArea[];
}

/** Objects 0 to 2 of Read Device Identification (Modbus Application Protocol V1.1b3, 6.21). */
export interface ModbusIdentity {
  readonly vendor: string;
  readonly product: string;
  readonly revision: string;
}

/** One unit, by what it does. */
export interface ModbusUnit {
  readonly tables: ModbusTables;
  /** More is exception 03; 125 where absent, as the standard has it. */
  readonly maxRegisters?: number;
  /** 2000 where absent. */
  readonly maxBits?: number;
  /** Function 2B/0E is illegal where absent. */
  readonly identity?: ModbusIdentity;
  /** Answer to function 11 (report server id), after the byte count; illegal where absent. */
  readonly serverId?: string;
  /** Answer to Schneider's function 5A 00 02 (read id), after "5A 00"; illegal where absent. */
  readonly umasId?: Buffer;
  /** The exception to everything that writes; illegal functions where absent. */
  readonly refusesWrites?: number;
  /** How often the unit answers only after the gateway before it has given up: 0 to 1. */
  readonly lateChance?: number;
}

/** A Modbus/TCP device or gateway, by what it does. */
export interface ModbusTraits {
  readonly door?: DoorRules;
  readonly units: Readonly<Record<number, ModbusUnit | "silence">>;
  /** What comes of a request to another unit: nothing, the answer of this unit, or an exception. */
  readonly otherUnits: "silence" | { readonly unit: number } | { readonly exception: number };
  /** How long a gateway waits for a unit that is not there before it says so. */
  readonly deadUnitMs?: number;
  readonly latencyMs: LatencyMs;
  /** What comes of a request while another is worked on: it waits its turn, or this exception. */
  readonly overlap: "queue" | { readonly exception: number };
}
