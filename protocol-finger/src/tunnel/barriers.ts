import type { ModbusTable } from "../wire/modbus-pdu.ts";

/** Addresses that one request must not reach across: the device refused it before. */
export interface Barriers {
  add(table: ModbusTable, at: number): void;
  /** Whether a barrier lies behind `start` and before `end`. */
  within(table: ModbusTable, start: number, end: number): boolean;
  /** Of all tables: plans that are older are out of date. */
  readonly count: number;
}

/** Beyond them holes are found anew in every read. */
const MOST_BARRIERS = 512;

export function createBarriers(): Barriers {
  const known = new Map<ModbusTable, number[]>();
  let count = 0;
  return {
    add(table, at) {
      const ofTable = known.get(table) ?? [];
      if (count >= MOST_BARRIERS || ofTable.includes(at)) return;
      count += 1;
      known.set(
        table,
        [...ofTable, at].sort((a, b) => a - b),
      );
    },
    within(table, start, end) {
      const next = (known.get(table) ?? []).find((at) => at > start);
      return next !== undefined && next < end;
    },
    get count() {
      return count;
    },
  };
}
