import { z } from "zod";
import { isBitTable, MODBUS_TABLES, type ModbusTable } from "../wire/modbus-pdu.ts";

/** Last address of a Modbus table (Modbus Application Protocol V1.1b3, 4.4). */
const LAST_REGISTER = 65_535;
/** A data block has at most 64 KB (Siemens, "S7-300 CPU 31xC and CPU 31x: Technical specifications"). */
const BLOCK_BYTES = 65_536;
const MOST_AREAS = 64;

const tunnelArea = z.strictObject({
  kind: z
    .enum(MODBUS_TABLES)
    .describe("Table of the Modbus side: holding or input registers, coils or discrete inputs"),
  db: z.int().min(1).max(65_535).describe("Number of the data block"),
  startRegister: z
    .int()
    .min(0)
    .max(LAST_REGISTER)
    .describe("First register (bit, for coil and discrete), zero-based: 40001 is 0 (start_n of MODBUSPN)"),
  endRegister: z
    .int()
    .min(0)
    .max(LAST_REGISTER)
    .describe("Last register (bit, for coil and discrete), included (end_n of MODBUSPN)"),
  byteBase: z
    .int()
    .min(0)
    .max(BLOCK_BYTES - 1)
    .default(0)
    .describe("Byte of the data block that the first register begins with"),
});

/** Registers that lie side by side and what bytes of a data block they are, as the parameters data_type_n, db_n,
 *  start_n and end_n of Siemens' MODBUSPN and MODBUSCP blocks tell. */
export type TunnelArea = Readonly<z.infer<typeof tunnelArea>>;

/** Bytes of the data block that the area covers; its last one may be covered in part where the area is one of bits. */
export const areaBytes = (area: TunnelArea): number => bytesIn(area.kind, registersIn(area));

export const registersIn = (area: TunnelArea): number => area.endRegister - area.startRegister + 1;

const bytesIn = (kind: ModbusTable, count: number): number =>
  isBitTable(kind) ? Math.ceil(count / 8) : 2 * count;

/** "holding 0 to 99 (DB1, bytes 0 to 199)". */
export function areaText(area: TunnelArea): string {
  const { kind, db, startRegister, endRegister, byteBase } = area;
  const last = byteBase + areaBytes(area) - 1;
  return `${kind} ${startRegister} to ${endRegister} (DB${db}, bytes ${byteBase} to ${last})`;
}

/** The areas of one PLC. The same bytes may be had through several areas, but one register stands for one place. */
export const tunnelAreas = z
  .array(tunnelArea)
  .min(1)
  .max(MOST_AREAS)
  .superRefine((areas, context) => {
    const report = (i: number, key: keyof TunnelArea, message: string): void =>
      context.addIssue({ code: "custom", path: [i, key], message });
    areas.forEach((area, i) => {
      if (area.endRegister < area.startRegister) {
        report(i, "endRegister", `endRegister is below startRegister (${area.startRegister}): exchange them`);
        return;
      }
      if (area.byteBase + areaBytes(area) > BLOCK_BYTES) {
        const end = area.byteBase + areaBytes(area) - 1;
        report(i, "endRegister", `the area ends at byte ${end}: a data block ends at ${BLOCK_BYTES - 1}`);
      }
      const other = areas.findIndex((before, j) => j < i && overlap(before, area));
      const before = areas[other];
      if (before === undefined) return;
      report(i, "startRegister", `${areaText(area)} overlaps area ${other + 1}, ${areaText(before)}`);
    });
  })
  .describe("Which registers are which bytes of which data block");

const overlap = (a: TunnelArea, b: TunnelArea): boolean =>
  a.kind === b.kind && a.startRegister <= b.endRegister && b.startRegister <= a.endRegister;
