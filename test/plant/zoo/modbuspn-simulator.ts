import { type ModbusSide, startModbusSimulator } from "./modbus-simulator.ts";
import type { ModbusArea, ModbusTables } from "./modbus-traits.ts";
import type { Received } from "./received.ts";
import { AREAS, type S7Memory } from "./s7-memory.ts";
import type { ZooStart, ZooTunnelArea } from "./zoo-profile.ts";

/** The Modbus server that a program in an S7-300 runs (MODBUSPN in a PN CPU, MODBUSCP in a CP 343-1): registers are
 *  the words of data blocks, high byte first; any unit is answered as it was asked; it knows the functions that read
 *  and write and no identification; it is called once a cycle of the program and serves one client. */
export function startModbusPn(
  memory: S7Memory,
  areas: readonly ZooTunnelArea[],
  options: ZooStart,
  received: Received,
): Promise<ModbusSide> {
  return startModbusSimulator(
    {
      door: { limit: 1 },
      units: { 1: { tables: tablesOf(memory, areas) } },
      otherUnits: { unit: 1 },
      // One to three cycles of a program of 10 to 20 ms.
      latencyMs: [10, 18, 38, 50],
      overlap: "queue",
    },
    options,
    received,
  );
}

function tablesOf(memory: S7Memory, areas: readonly ZooTunnelArea[]): ModbusTables {
  const ofKind = (kind: ZooTunnelArea["kind"]): readonly ModbusArea[] =>
    areas.filter((area) => area.kind === kind).map((area) => areaOf(memory, area));
  return {
    holding: ofKind("holding"),
    input: ofKind("input"),
    coil: ofKind("coil"),
    discrete: ofKind("discrete"),
  };
}

function areaOf(memory: S7Memory, area: ZooTunnelArea): ModbusArea {
  const bytes = memory.area(AREAS.dataBlock, area.db)?.subarray(area.byteBase);
  if (bytes === undefined) throw new TypeError(`there is no data block ${area.db}`);
  const isBits = area.kind === "coil" || area.kind === "discrete";
  const words = Array.from({ length: area.endRegister - area.startRegister + 1 }, (_, i) =>
    isBits ? (bytes.readUInt8(i >> 3) >> (i & 7)) & 1 : bytes.readUInt16BE(2 * i),
  );
  return { from: area.startRegister, words };
}
