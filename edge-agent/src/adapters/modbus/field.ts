import {
  createModbusReader,
  elementWidth,
  type ModbusAddress,
  type ModbusReader,
  type Table,
  type WordOrder,
} from "@stethos/protocol-finger/modbus";

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
  /** Reads one element out of an answer. */
  readonly read: ModbusReader;
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
    read: createModbusReader(address, defaults.wordOrder),
  };
}
