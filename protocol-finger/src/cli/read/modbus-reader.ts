import { type ModbusClient, openModbusUnits } from "../../clients/modbus-client.ts";
import { ModbusException } from "../../clients/modbus-exception.ts";
import type { Clock } from "../../clock/clock.ts";
import { FingerError } from "../../finger-error.ts";
import { elementWidth, isBitTable, type ModbusAddress } from "../../modbus/types.ts";
import { createModbusReader, type ModbusReader } from "../../modbus/values.ts";
import type { ModbusProfile } from "../../profile-types.ts";
import { badRow, type FieldReader, type FieldRow, type FieldValue, rowOf, STATUS } from "./field-reader.ts";

/** An address and what reads it. */
interface Field {
  readonly address: ModbusAddress;
  readonly unit: number;
  readonly client: ModbusClient;
  readonly element: ModbusReader;
}

/** Each address by a request of its own: what an operator looks up by hand is few.
 *  @throws FingerError PLC_UNREACHABLE, PLC_REFUSED */
export async function openModbusReader(
  { host, profile }: { readonly host: string; readonly profile: ModbusProfile },
  addresses: readonly ModbusAddress[],
  clock: Clock,
  signal: AbortSignal,
): Promise<FieldReader> {
  const units = await openModbusUnits({ ...profile, host }, { clock }, signal);
  const usual = units.of(profile.unit);
  const clients = new Map([[profile.unit, usual]]);
  const fields = addresses.map((address): Field => {
    const unit = address.unit ?? profile.unit;
    const client = clients.get(unit) ?? units.of(unit);
    clients.set(unit, client);
    return { address, unit, client, element: createModbusReader(address, profile.wordOrder) };
  });
  const isShared = new Set(fields.map(({ unit }) => unit)).size > 1;
  return {
    protocol: "modbus-tcp",
    get limits() {
      return modbusLimits(usual);
    },
    async read(stop) {
      const rows: FieldRow[] = [];
      const silent = new Set<number>();
      for (const field of fields) {
        const row = silent.has(field.unit) ? silentRow(field) : await readOne(field, stop);
        // The others shall not wait for it again, nor lose the connection that they share with it.
        if (isShared && row.status === STATUS.BadTimeout) silent.add(field.unit);
        rows.push(row);
      }
      return rows;
    },
    close: () => usual.close(),
  };
}

/** Where the device has refused more; what has merely not grown yet is no limit to remember. */
export const modbusLimits = ({ learnt }: ModbusClient): Readonly<Record<string, number>> => ({
  ...(learnt.registers !== undefined && { maxRegisters: learnt.registers }),
  ...(learnt.bits !== undefined && { maxBits: learnt.bits }),
});

const silentRow = ({ unit }: Field): FieldRow =>
  badRow(STATUS.BadTimeout, `unit ${unit} was just silent and was not asked again in this round`);

async function readOne(field: Field, signal: AbortSignal): Promise<FieldRow> {
  try {
    return rowOf(await readValue(field, signal));
  } catch (thrown) {
    return refusedRow(thrown);
  }
}

/** @returns undefined where the bytes, or some of an array, are no value of the type */
async function readValue(
  { address, client, element }: Field,
  signal: AbortSignal,
): Promise<FieldValue | undefined> {
  const { table, start, count } = address;
  const width = elementWidth(address);
  const bytes = await client.readAll({ table: TABLES[table], start, count: width * (count ?? 1) }, signal);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (count === undefined) return element(view, 0);
  const step = isBitTable(table) ? 1 : 2 * width;
  const values = Array.from({ length: count }, (_, i) => element(view, i * step));
  return values.every((value) => value !== undefined) ? values : undefined;
}

const TABLES = { hr: "holding", ir: "input", coil: "coil", di: "discrete" } as const;

// Modbus Application Protocol V1.1b3, section 7, with the status codes of the agent.
const STATUSES: Readonly<Record<number, number>> = {
  1: STATUS.BadConfigurationError,
  2: STATUS.BadNodeIdUnknown,
  3: STATUS.BadOutOfRange,
  5: STATUS.BadOutOfService,
  6: STATUS.BadOutOfService,
  10: STATUS.BadCommunicationError,
  11: STATUS.BadCommunicationError,
};

/** What an error means for a row that was asked for.
 *  @throws `thrown` itself where the connection is lost with it, or where it is a bug */
export function refusedRow(thrown: unknown): FieldRow {
  if (thrown instanceof ModbusException) {
    return badRow(STATUSES[thrown.exception] ?? STATUS.BadDeviceFailure, thrown.message);
  }
  if (thrown instanceof FingerError && thrown.code === "PLC_TIMEOUT") {
    return badRow(STATUS.BadTimeout, thrown.message);
  }
  throw thrown;
}
