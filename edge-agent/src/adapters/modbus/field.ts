import { bitCodec, type Codec, codecOf } from "./codec.ts";
import { elementWidth, isBitTable, type ModbusAddress, type Table, type WordOrder } from "./types.ts";

/** An address with the device's defaults filled in: all that reading needs to know. */
export interface Field {
  readonly table: Table;
  readonly unit: number;
  readonly start: number;
  /** Registers (bits, in a bit table) of one element. */
  readonly width: number;
  /** Elements: 1 for a single value. */
  readonly count: number;
  readonly isArray: boolean;
  readonly codec: Codec;
  /** A single FLOAT32. */
  readonly isFloat: boolean;
}

export interface FieldDefaults {
  readonly unit: number;
  readonly wordOrder: WordOrder;
}

export function fieldOf(address: ModbusAddress, defaults: FieldDefaults): Field {
  return {
    table: address.table,
    unit: address.unit ?? defaults.unit,
    start: address.start,
    width: elementWidth(address),
    count: address.count ?? 1,
    isArray: address.count !== undefined,
    isFloat: address.type === "FLOAT32" && address.count === undefined,
    codec: isBitTable(address.table) ? bitCodec : codecOf(address, defaults.wordOrder),
  };
}
