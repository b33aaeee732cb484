import { ModbusException } from "../../clients/modbus-exception.ts";
import { createBlockLimit } from "../../clients/modbus-limits.ts";
import { isBitTable, type ModbusRange } from "../../wire/modbus-pdu.ts";
import type { TunnelArea } from "../areas.ts";
import type { ReadingClient } from "../read-run.ts";
import { tableAnswer } from "./blocks.ts";

/** A Modbus client without a network, with what it was asked. */
export interface MemoryClient extends ReadingClient {
  readonly asked: ModbusRange[];
}

/** @param refuse exception code, an error, or 0 for none */
export function createMemoryClient(
  areas: readonly TunnelArea[],
  blocks: ReadonlyMap<number, Buffer>,
  refuse: (range: ModbusRange) => number | Error = () => 0,
): MemoryClient {
  const registers = createBlockLimit(32, 111);
  const bits = createBlockLimit(512, 2000);
  const limitOf = ({ table }: ModbusRange) => (isBitTable(table) ? bits : registers);
  const asked: ModbusRange[] = [];
  return {
    asked,
    get limits() {
      return { registers: registers.now, bits: bits.now };
    },
    tooMuch: (range) => limitOf(range).refused(range.count, "address"),
    async read(range) {
      asked.push({ table: range.table, start: range.start, count: range.count });
      const refusal = refuse(range);
      if (refusal instanceof Error) {
        limitOf(range).refused(range.count, "silence");
        throw refusal;
      }
      const answer = tableAnswer(range, areas, blocks);
      const code = refusal === 0 && answer === undefined ? 2 : refusal;
      if (code !== 0) {
        if (code === 3) limitOf(range).refused(range.count, "quantity");
        const { table, start, count } = range;
        throw new ModbusException("memory", { kind: "read", table, start, count }, code);
      }
      limitOf(range).succeeded(range.count);
      return answer ?? Buffer.alloc(0);
    },
  };
}
