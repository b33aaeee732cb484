import { type ModbusClient, openModbus } from "../../clients/modbus-client.ts";
import { ModbusException } from "../../clients/modbus-exception.ts";
import type { Clock } from "../../clock/clock.ts";
import { FingerError } from "../../finger-error.ts";
import type { ModbusProfile } from "../../profile-types.ts";
import type { BitTable, RegisterTable } from "../../wire/modbus-pdu.ts";
import { badRow, type FieldReader, type FieldRow, rowOf, STATUS } from "./field-reader.ts";
import type { ModbusAddress } from "./modbus-address.ts";
import { bitValue, registerValue } from "./modbus-value.ts";

/** Each address by a request of its own: what an operator looks up by hand is few.
 *  @throws FingerError PLC_UNREACHABLE, PLC_REFUSED */
export async function openModbusReader(
  { host, profile }: { readonly host: string; readonly profile: ModbusProfile },
  addresses: readonly ModbusAddress[],
  clock: Clock,
  signal: AbortSignal,
): Promise<FieldReader> {
  const client = await openModbus({ ...profile, host }, { clock }, signal);
  return {
    protocol: "modbus-tcp",
    get limits() {
      return modbusLimits(client);
    },
    async read(stop) {
      const rows: FieldRow[] = [];
      for (const address of addresses) rows.push(await readOne(client, address, stop));
      return rows;
    },
    close: () => client.close(),
  };
}

/** Where the device has refused more; what has merely not grown yet is no limit to remember. */
export const modbusLimits = ({ learnt }: ModbusClient): Readonly<Record<string, number>> => ({
  ...(learnt.registers !== undefined && { maxRegisters: learnt.registers }),
  ...(learnt.bits !== undefined && { maxBits: learnt.bits }),
});

async function readOne(client: ModbusClient, address: ModbusAddress, signal: AbortSignal): Promise<FieldRow> {
  const { table, start, length } = address;
  try {
    if (isBits(table)) return rowOf(bitValue(address, await client.readBits(table, start, length, signal)));
    return rowOf(registerValue(address, await client.readRegisters(table, start, length, signal)));
  } catch (thrown) {
    return refusedRow(thrown);
  }
}

const isBits = (table: BitTable | RegisterTable): table is BitTable =>
  table === "coil" || table === "discrete";

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
